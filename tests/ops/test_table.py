from tests.ops.table import PATH, table


def test_the_page_of_ops_is_what_the_code_says():
    assert PATH.read_text(encoding="utf-8") == table(), "write it again with: python -m tests.ops.table"
