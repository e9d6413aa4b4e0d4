"""Requests that are worded here, page by page, and the words for an answer that lacks what it should have."""

from typing import Any

from dlt.sources.helpers.rest_client.utils import join_url
from requests import Request, Response

from include.contracts import SourceContract, Table
from include.extract.errors import ContractViolationError, owner
from include.extract.patience import PatientSession
from include.extract.records import parse
from include.extract.rest.rows import Rows


class Asked(Rows):
    """A table of a vendor with a protocol of its own."""

    method = "GET"

    def __init__(  # noqa: PLR0917 -- two are the base's
        self,
        contract: SourceContract,
        table: Table,
        base_url: str,
        session: PatientSession,
        path: str,
        cursor: str,
    ) -> None:
        super().__init__(contract, table, cursor)
        self._session = session
        self._url = join_url(base_url, path)
        self._path = path

    @property
    def where(self) -> str:
        return f"{self._contract.name} {self.method} {self._path}"

    def _answer(self, request: Request, **how: Any) -> Response:
        """What the source answers, its bad minutes ridden out."""
        return self._session.send(self._session.prepare_request(request), **how)

    def _page(self, request: Request) -> dict[str, Any]:
        """The JSON object it answers with."""
        page: dict[str, Any] = parse(self._answer(request).content)
        return page

    def _records(self, page: dict[str, Any], name: str) -> list[dict[str, Any]]:
        records = page.get(name)
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise self._lacks(f"a list of records under {name!r}")
        return records

    def _lacks(self, what: str) -> ContractViolationError:
        return self._violation(
            f"the answer does not carry {what}, as {self._contract.path.name} has it",
            "what changed; correct the source or agree a new contract version",
        )

    def _violation(self, what: str, ask: str) -> ContractViolationError:
        return ContractViolationError(
            f"{self.where}: {what}. Nothing was loaded. Ask {owner(self._contract)} {ask}, then clear this "
            "task."
        )
