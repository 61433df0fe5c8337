from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_object import ErrorObject
from ...types import Response


def _get_kwargs(
    code: str,
    session_key: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "delete",
        "url": "/v1/vouchers/{code}/sessions/{session_key}".format(
            code=quote(str(code), safe=""),
            session_key=quote(str(session_key), safe=""),
        ),
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Any | ErrorObject | None:
    if response.status_code == 204:
        response_204 = cast(Any, None)
        return response_204

    if response.status_code == 404:
        response_404 = ErrorObject.from_dict(response.json())

        return response_404

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Any | ErrorObject]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    code: str,
    session_key: str,
    *,
    client: AuthenticatedClient,
) -> Response[Any | ErrorObject]:
    """Release Validation Session

     Manually release a validation session that has been set up for the voucher. This method undoes the
    actions that are explained in the [Locking validation session](/guides/locking-validation-session)
    guide.

    > 📘 Release session in the Dashboard
    >
    > You can also use the [Validations Manager](/optimize/validations-and-redemptions#sessions) in the
    Dashboard to unlock sessions.

    Args:
        code (str):  Example: 2CpRCE2c.
        session_key (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | ErrorObject]
    """

    kwargs = _get_kwargs(
        code=code,
        session_key=session_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    code: str,
    session_key: str,
    *,
    client: AuthenticatedClient,
) -> Any | ErrorObject | None:
    """Release Validation Session

     Manually release a validation session that has been set up for the voucher. This method undoes the
    actions that are explained in the [Locking validation session](/guides/locking-validation-session)
    guide.

    > 📘 Release session in the Dashboard
    >
    > You can also use the [Validations Manager](/optimize/validations-and-redemptions#sessions) in the
    Dashboard to unlock sessions.

    Args:
        code (str):  Example: 2CpRCE2c.
        session_key (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | ErrorObject
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
) -> Response[Any | ErrorObject]:
    """Release Validation Session

     Manually release a validation session that has been set up for the voucher. This method undoes the
    actions that are explained in the [Locking validation session](/guides/locking-validation-session)
    guide.

    > 📘 Release session in the Dashboard
    >
    > You can also use the [Validations Manager](/optimize/validations-and-redemptions#sessions) in the
    Dashboard to unlock sessions.

    Args:
        code (str):  Example: 2CpRCE2c.
        session_key (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | ErrorObject]
    """

    kwargs = _get_kwargs(
        code=code,
        session_key=session_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    code: str,
    session_key: str,
    *,
    client: AuthenticatedClient,
) -> Any | ErrorObject | None:
    """Release Validation Session

     Manually release a validation session that has been set up for the voucher. This method undoes the
    actions that are explained in the [Locking validation session](/guides/locking-validation-session)
    guide.

    > 📘 Release session in the Dashboard
    >
    > You can also use the [Validations Manager](/optimize/validations-and-redemptions#sessions) in the
    Dashboard to unlock sessions.

    Args:
        code (str):  Example: 2CpRCE2c.
        session_key (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | ErrorObject
    """

    return (
        await asyncio_detailed(
            code=code,
            session_key=session_key,
            client=client,
        )
    ).parsed
