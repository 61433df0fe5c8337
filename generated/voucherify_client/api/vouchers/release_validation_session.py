from __future__ import annotations

from typing import Any

import httpx

from ... import _requests, _responses, _shapes
from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...types import Response

_ANSWERS: tuple[_responses.Answer, ...] = (
    _responses.Answer(204, 204),
    _responses.Answer(404, 404, "application/json", _shapes.ModelOf(Error)),
)


def _get_kwargs(
    code: str,
    session_key: str,
) -> dict[str, Any]:
    return _requests.write_request(
        "delete",
        "/v1/vouchers/",
        _requests.Argument("code", code, "simple", False),
        "/sessions/",
        _requests.Argument("sessionKey", session_key, "simple", False),
    )


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Error | None:
    return _build_response(client=client, response=response).parsed


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Error | None]:
    return _responses.build_response(client, response, _ANSWERS)


def sync_detailed(
    code: str,
    session_key: str,
    *,
    client: AuthenticatedClient,
) -> Response[Error | None]:
    """Release Validation Session

    Manually release a validation session that has been set up for the voucher. This method undoes the
    actions that are explained in the [Locking validation session](/guides/locking-validation-session)
    guide.

    > 📘 Release session in the Dashboard
    >
    > You can also use the [Validations Manager](/optimize/validations-and-redemptions#sessions) in the
    Dashboard to unlock sessions.

    Args:
        code (str): A **code** that identifies the voucher or a unique voucher ID assigned by
            Voucherify. Example: 2CpRCE2c.
        session_key (str): A unique session identifier.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and
            Client.raise_on_unexpected_status is True.
        errors.UnexpectedContent: If the answer differs from the document and Client.strict is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | None]
    """

    _kwargs = _get_kwargs(
        code=code,
        session_key=session_key,
    )
    return _build_response(client=client, response=client.get_httpx_client().request(**_kwargs))


def sync(
    code: str,
    session_key: str,
    *,
    client: AuthenticatedClient,
) -> Error | None:
    """Release Validation Session

    Manually release a validation session that has been set up for the voucher. This method undoes the
    actions that are explained in the [Locking validation session](/guides/locking-validation-session)
    guide.

    > 📘 Release session in the Dashboard
    >
    > You can also use the [Validations Manager](/optimize/validations-and-redemptions#sessions) in the
    Dashboard to unlock sessions.

    Args:
        code (str): A **code** that identifies the voucher or a unique voucher ID assigned by
            Voucherify. Example: 2CpRCE2c.
        session_key (str): A unique session identifier.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and
            Client.raise_on_unexpected_status is True.
        errors.UnexpectedContent: If the answer differs from the document and Client.strict is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | None
    """

    return sync_detailed(
        code=code,
        session_key=session_key,
        client=client,
    ).parsed


async def asyncio_detailed(
    code: str,
    session_key: str,
    *,
    client: AuthenticatedClient,
) -> Response[Error | None]:
    """Release Validation Session

    Manually release a validation session that has been set up for the voucher. This method undoes the
    actions that are explained in the [Locking validation session](/guides/locking-validation-session)
    guide.

    > 📘 Release session in the Dashboard
    >
    > You can also use the [Validations Manager](/optimize/validations-and-redemptions#sessions) in the
    Dashboard to unlock sessions.

    Args:
        code (str): A **code** that identifies the voucher or a unique voucher ID assigned by
            Voucherify. Example: 2CpRCE2c.
        session_key (str): A unique session identifier.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and
            Client.raise_on_unexpected_status is True.
        errors.UnexpectedContent: If the answer differs from the document and Client.strict is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | None]
    """

    _kwargs = _get_kwargs(
        code=code,
        session_key=session_key,
    )
    return _build_response(client=client, response=await client.get_async_httpx_client().request(**_kwargs))


async def asyncio(
    code: str,
    session_key: str,
    *,
    client: AuthenticatedClient,
) -> Error | None:
    """Release Validation Session

    Manually release a validation session that has been set up for the voucher. This method undoes the
    actions that are explained in the [Locking validation session](/guides/locking-validation-session)
    guide.

    > 📘 Release session in the Dashboard
    >
    > You can also use the [Validations Manager](/optimize/validations-and-redemptions#sessions) in the
    Dashboard to unlock sessions.

    Args:
        code (str): A **code** that identifies the voucher or a unique voucher ID assigned by
            Voucherify. Example: 2CpRCE2c.
        session_key (str): A unique session identifier.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and
            Client.raise_on_unexpected_status is True.
        errors.UnexpectedContent: If the answer differs from the document and Client.strict is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | None
    """

    return (
        await asyncio_detailed(
            code=code,
            session_key=session_key,
            client=client,
        )
    ).parsed
