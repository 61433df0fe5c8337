"""The routes: who may ask, how often, and how the rules' decisions look over HTTP."""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route

from voucherify_wrapper.sandbox import _reading as reading
from voucherify_wrapper.sandbox._errors import Refusal, malformed
from voucherify_wrapper.sandbox._faults import Fault
from voucherify_wrapper.sandbox._front import CONTROL, Front, RecordedRequest
from voucherify_wrapper.sandbox._misbehaving import Faults, Misbehaving

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Scope

    from voucherify_wrapper.sandbox._limits import Limiter
    from voucherify_wrapper.sandbox._state import State, Voucher

_SCOPES = frozenset(
    """
    api assets async-actions campaigns categories client_api client_consents client_customers client_events
    client_promotions client_publish client_qualifications client_redeem client_redemptions client_validate
    client_validations client_vouchers consents customers events exports locations loyalties metadata-schemas
    orders product-collections products promotions publications qualifications redemptions referrals rewards
    segments skus task-results templates trash-bin validation-rules-assignments validation-rules validations
    vouchers
    """.split()  # noqa: SIM905 - forty lines otherwise
)
_DISCOUNT = {"type": "AMOUNT", "amount_off": 1000, "effect": "APPLY_TO_ORDER", "is_dynamic": False}
_STACKING_RULES = {
    "redeemables_limit": reading.MOST_REDEEMABLES,
    "applicable_redeemables_limit": reading.MOST_REDEEMABLES,
    "redeemables_application_mode": "ALL",
    "redeemables_sorting_rule": "REQUESTED_ORDER",
}

_ALL = frozenset({"api"})

_Act = Callable[[Request, bytes], Response]
_Endpoint = Callable[[Request], Awaitable[Response]]


class Api:
    """The stand-in's HTTP application.

    Args:
        state: The rules and what they keep.
        faults: The misbehaviour in force.
        limiter: Counts the authenticated requests.
        record: Is told of every request but those of the control surface.
        app_id: The application id that is let in.
        app_token: Its secret.
        token_lifetime: Life of an OAuth token, in seconds.
    """

    def __init__(
        self,
        *,
        state: State,
        faults: Faults,
        limiter: Limiter,
        record: Callable[[RecordedRequest], None],
        app_id: str,
        app_token: str,
        token_lifetime: int,
    ) -> None:
        self._state = state
        self._faults = faults
        self._limiter = limiter
        self._record = record
        self._app_id = app_id.encode()
        self._app_token = app_token.encode()
        self._token_lifetime = token_lifetime
        self.tokens_issued = 0

    def application(self) -> ASGIApp:
        """Return the ASGI application, misbehaviour included."""
        voucher, guarded = "/v1/vouchers/{code}", self._guarded
        release = guarded(self._release, "api", "vouchers")
        show = guarded(self._show, "api", "vouchers")
        validate = guarded(self._validate, "api", "validations")
        routes = [
            Route(
                f"{voucher}/sessions/{{key}}", release, methods=["DELETE"], name="release-validation-session"
            ),
            Route(voucher, show, methods=["GET"], name="get-voucher"),
            Route("/v1/validations", validate, methods=["POST"], name="validate-stacked-discounts"),
            Route("/v1/oauth/token", self._token_endpoint, methods=["POST"], name="generate-oauth-token"),
            Route(CONTROL + "vouchers/{code}", _open(self._put_voucher), methods=["PUT"]),
            Route(CONTROL + "faults", _open(self._change_faults), methods=["POST", "DELETE"]),
            Route(CONTROL + "state", _open(self._show_state), methods=["GET"]),
        ]
        app = Starlette(
            routes=routes,
            exception_handlers={Refusal: _answer_exception, HTTPException: _answer_exception},
        )
        # A slash too many names another resource here, as codes and keys are free text.
        app.router.redirect_slashes = False
        return Front(app, Misbehaving(app, self._faults, _operation_finder(routes)), self._record)

    # Who may ask, and how often.

    def _guarded(self, act: _Act, *scopes: str) -> _Endpoint:
        """Return an endpoint that both security schemes open, the OAuth one with any of these scopes."""

        async def endpoint(request: Request) -> Response:
            granted = _ALL if self._knows_keys(request) else self._granted(request)
            return self._counted(act, request, await request.body(), allowed=not granted.isdisjoint(scopes))

        return endpoint

    async def _token_endpoint(self, request: Request) -> Response:
        if not self._knows_keys(request):
            raise _unauthorized("An OAuth token is given for X-App-Id and X-App-Token only")
        return self._counted(self._issue_token, request, await request.body(), allowed=True)

    def _counted(self, act: _Act, request: Request, body: bytes, *, allowed: bool) -> Response:
        headers = self._limiter.count()
        try:
            response = (act if allowed else _forbid)(request, body)
        except Refusal as refusal:
            response = refusal_response(refusal)
        response.headers.update(headers)
        return response

    def _knows_keys(self, request: Request) -> bool:
        app_id, app_token = (
            request.headers.get(name, "").encode("latin-1") for name in ("x-app-id", "x-app-token")
        )
        # Both are compared, each in constant time, so that the time taken tells nothing about either.
        known, trusted = (
            hmac.compare_digest(app_id, self._app_id),
            hmac.compare_digest(app_token, self._app_token),
        )
        return known and trusted

    def _granted(self, request: Request) -> frozenset[str]:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        granted = self._state.token_scopes(_digest(token.strip())) if scheme.lower() == "bearer" else None
        if granted is None:
            raise _unauthorized("Valid X-App-Id and X-App-Token, or a valid OAuth token, are needed")
        return granted

    # The operations.

    def _release(self, request: Request, _: bytes) -> Response:
        self._state.release(_parameter(request, "code"), _parameter(request, "key"))
        return Response(status_code=204)

    def _show(self, request: Request, _: bytes) -> Response:
        return JSONResponse(_voucher_body(self._state.voucher(_parameter(request, "code"))))

    def _validate(self, request: Request, body: bytes) -> Response:
        return JSONResponse(
            validate(self._state, reading.json_object(body, request.headers.get("content-type")))
        )

    def _issue_token(self, request: Request, body: bytes) -> Response:
        fields = reading.form(body, request.headers.get("content-type"))
        if fields.get("grant_type") != "client_credentials":
            raise Refusal(400, "invalid_grant_type", "Invalid grant_type")
        scope = fields.get("scope", "")
        if not scope.split() or not _SCOPES.issuperset(scope.split(" ")):
            raise Refusal(400, "invalid_scope", f"Invalid scope: {scope}")
        token = secrets.token_urlsafe(32)
        expires_at = self._state.add_token(_digest(token), scope, self._token_lifetime)
        self.tokens_issued += 1
        return JSONResponse(
            {
                "access_token": token,
                "client_id": self._app_id.decode(),
                "expires_at": math.floor(expires_at),
                "expires_in": self._token_lifetime,
                "scope": scope,
                "token_type": "Bearer",
            },
            headers={"Cache-Control": "no-store"},
        )

    # The control surface.

    def _put_voucher(self, request: Request, body: bytes) -> Response:
        fields = reading.json_object(body, request.headers.get("content-type"))
        limit = reading.redemption_limit(fields.get("redemption_limit", 1))
        self._state.add_voucher(_parameter(request, "code"), limit)
        return Response(status_code=204)

    def _change_faults(self, request: Request, body: bytes) -> Response:
        if request.method == "DELETE":
            self._faults.clear()
            return Response(status_code=204)
        fields = reading.json_object(body, request.headers.get("content-type"))
        try:
            times = fields.pop("times", 1)
            self._faults.add(Fault.from_json(fields), times)
        except ValueError as error:
            raise malformed(str(error)) from None
        return Response(status_code=204)

    def _show_state(self, _: Request, __: bytes) -> Response:
        vouchers = [
            {
                "code": voucher.code,
                "id": voucher.id,
                "redemption_limit": voucher.redemption_limit,
                "sessions": self._state.sessions(voucher.code),
            }
            for voucher in self._state.vouchers()
        ]
        return JSONResponse({"vouchers": vouchers, "released": self._state.released()})


def validate(state: State, body: dict[str, object]) -> dict[str, object]:
    """Perform a validation request and return the body of its answer.

    Raises:
        Refusal: The request is malformed. A redeemable that cannot be applied is part of the answer instead.
    """
    redeemables, lock = reading.validation(body)
    verdicts = state.validate(redeemables, lock)
    valid = not any(verdicts)
    answer: dict[str, object] = {
        "id": f"valid_{secrets.token_hex(9)}",
        "valid": valid,
        "redeemables": [
            {
                "status": "APPLICABLE" if verdict is None else "INAPPLICABLE",
                "id": redeemable.name,
                "object": redeemable.kind,
                "result": {"discount": _DISCOUNT} if verdict is None else {"error": verdict.body()},
            }
            for redeemable, verdict in zip(redeemables, verdicts, strict=True)
        ],
        "stacking_rules": _STACKING_RULES,
    }
    if valid and lock is not None:
        answer["session"] = lock.body()
    return answer


def _operation_finder(routes: list[Route]) -> Callable[[Scope], str | None]:
    def operation_of(scope: Scope) -> str | None:
        return next((route.name for route in routes if route.matches(scope)[0] is Match.FULL), None)

    return operation_of


def _forbid(_: Request, __: bytes) -> Response:
    raise Refusal(403, "forbidden", "Forbidden", "The OAuth token's scope does not cover this operation")


def _open(act: _Act) -> _Endpoint:
    """Return an endpoint that asks for no credentials."""

    async def endpoint(request: Request) -> Response:
        return act(request, await request.body())

    return endpoint


def _parameter(request: Request, name: str) -> str:
    return reading.segment(request.path_params[name])


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("latin-1")).hexdigest()


def _unauthorized(details: str) -> Refusal:
    return Refusal(401, "unauthorized", "Unauthorized", details)


def _voucher_body(voucher: Voucher) -> dict[str, object]:
    path = f"/v1/vouchers/{quote(voucher.code, safe='')}"
    return {
        "id": voucher.id,
        "code": voucher.code,
        "categories": [],
        "type": "DISCOUNT_VOUCHER",
        "discount": _DISCOUNT,
        "active": True,
        "metadata": {},
        "is_referral_code": False,
        "created_at": datetime.fromtimestamp(voucher.created_at, UTC).isoformat(timespec="milliseconds")[:-6]
        + "Z",
        "validation_rules_assignments": {"object": "list", "data_ref": "data", "data": [], "total": 0},
        "redemption": {
            "quantity": voucher.redemption_limit,
            "redeemed_quantity": 0,
            "object": "list",
            "url": f"{path}/redemptions?page=1&limit=10",
        },
        "publish": {"object": "list", "count": 0, "url": f"{path}/publications?page=1&limit=10"},
        "object": "voucher",
    }


def refusal_response(refusal: Refusal) -> Response:
    return JSONResponse(refusal.body(), status_code=refusal.status, headers=refusal.headers)


async def _answer_exception(_: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        key = error.detail.lower().replace(" ", "_")
        error = Refusal(error.status_code, key, error.detail, headers=error.headers)
    return refusal_response(cast("Refusal", error))
