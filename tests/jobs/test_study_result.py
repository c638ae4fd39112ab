"""The result of a study opens the runs of its finished cases, and no others."""

import pytest

from microsim.base.errors import InputError
from microsim.jobs.study_result import StudyResult

CASES = [{"name": "a", "status": "failed", "ran_again": "", "message": "no"}]


def test_a_case_that_did_not_finish_is_not_opened(tmp_path):
    result = StudyResult(tmp_path, {"title": "t", "cases": CASES, "finished": 0, "failed": 1})
    assert result.failed and result.cases == CASES
    with pytest.raises(InputError, match="expected a finished case"):
        result.run("a")
