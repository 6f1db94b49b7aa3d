"""The exchange's refusals: Upbit's names, statuses and messages (reference §9)."""

from typing import Final

# Upbit documents the names; where a text is not documented the name stands in for it.
_KNOWN: Final[dict[str, tuple[int, str]]] = {
    "invalid_parameter": (400, "잘못된 파라미터"),
    "validation_error": (400, "잘못된 파라미터"),
    "create_bid_error": (400, "주문 요청 정보가 올바르지 않습니다."),
    "create_ask_error": (400, "주문 요청 정보가 올바르지 않습니다."),
    "insufficient_funds_bid": (400, "주문 가능한 금액이 부족합니다."),
    "insufficient_funds_ask": (400, "주문가능한 금액이 부족합니다."),
    "under_min_total_bid": (400, "최소 주문 금액에 미달합니다."),
    "under_min_total_ask": (400, "최소 주문 금액에 미달합니다."),
    "over_krw_funds_bid": (400, "최대 주문 가능 금액을 초과했습니다."),
    "over_krw_funds_ask": (400, "최대 주문 가능 금액을 초과했습니다."),
    "notfoundmarket": (400, "다음 마켓에 없는 종목입니다"),
    "invalid_time_in_force": (400, "주문조건을 다시 확인해 주세요."),
    "invalid_post_only": (400, "주문조건을 다시 확인해 주세요."),
    "duplicated_identifier": (400, "이미 사용된 식별자입니다."),
    "withdraw_address_not_registered": (400, "등록된 출금 주소가 아닙니다."),
    "QUERY_PARAMETER_NOT_SUPPORTED": (
        400,
        "이 API는 쿼리 파라미터 형식의 요청만 지원합니다. 요청 본문에 값을 포함할 수 없습니다.",
    ),
    "bad_request": (400, "잘못된 요청"),
    "no_authorization_token": (401, "인증 토큰이 없습니다."),
    "invalid_access_key": (401, "잘못된 엑세스 키입니다."),
    "jwt_verification": (401, "Jwt 토큰 검증에 실패했습니다."),
    "invalid_query_payload": (401, "Jwt의 query를 검증하는데 실패하였습니다."),
    "expired_access_key": (401, "This key has expired."),
    "nonce_used": (401, "이미 사용된 nonce 값입니다."),
    "no_authorization_ip": (401, "This is not a verified IP."),
    "thirdparty_agreement_required": (403, "제3자 제공 동의가 필요합니다."),
    "out_of_scope": (403, "권한이 부족합니다."),
    "market_offline": (
        403,
        "시스템 점검 중입니다. 점검이 완료된 후에 다시 시도해주세요.",
    ),
    "open_api_withdraw_locked": (403, "출금이 잠겨 있습니다."),
    "order_not_found": (404, "주문을 찾지 못했습니다."),
    "deposit_not_found": (404, "입금 정보를 찾지 못했습니다."),
    "deposit_address_not_found": (404, "입금 주소를 찾지 못했습니다."),
    "withdraw_not_found": (404, "출금 정보를 찾지 못했습니다."),
    "pocket_not_found": (404, "포켓을 찾지 못했습니다."),
    "currency_not_found": (404, "화폐를 찾지 못했습니다."),
    "internal_server_error": (500, "Internal Server Error"),
}

ERROR_NAMES: Final = tuple(_KNOWN)


class ExchangeError(Exception):
    """A request the exchange refuses. `status` is HTTP's, `name` and `message` are the body's."""

    def __init__(self, name: str, message: str | None = None, *, status: int | None = None) -> None:
        known_status, known_message = _KNOWN[name]
        self.name = name
        self.status = known_status if status is None else status
        self.message = known_message if message is None else message
        super().__init__(f"{self.status} {name}: {self.message}")

    @property
    def body(self) -> dict[str, dict[str, str]]:
        """The JSON document of the answer."""
        return {"error": {"name": self.name, "message": self.message}}


def missing_field(field: str) -> ExchangeError:
    """Return the refusal of a body without a usable `field`."""
    return ExchangeError(
        "validation_error", f"{field} is missing, {field} does not have a valid value"
    )
