"""Image labels: `K=V,K=V`, of keys and values there are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.rules.labels import check, parse

KNOWN = {
    "system.chipType": {"GPU", "CPU"},
    "system.framework.PyTorch": {"2.5.1", "2.6.0"},
    "system.pythonVersion": {"3.11"},
}
WORD = st.text("abcABC0123456789._-", min_size=1)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("system.chipType=GPU", {"system.chipType": "GPU"}),
        (
            "system.chipType=GPU,system.framework.PyTorch=2.6.0",
            {"system.chipType": "GPU", "system.framework.PyTorch": "2.6.0"},
        ),
        ("a=b=c", {"a": "b=c"}),
    ],
)
def test_pairs_are_read(text, labels) -> None:
    assert parse(text) == labels


@given(st.dictionaries(WORD, WORD, min_size=1))
def test_what_is_written_so_is_read_back(labels) -> None:
    assert parse(",".join(f"{key}={value}" for key, value in labels.items())) == labels


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "GPU",
        "system.chipType",
        "system.chipType=",
        "=GPU",
        "a=b,",
        ",a=b",
        "a=b,,c=d",
        " a=b",
        "a=b ",
        "a =b",
        "a= b",
        "a=b, c=d",
        "a=b ,c=d",
        '{"system.chipType": "GPU"}',
        '[{"Key":"a","Value":"b"}]',
        "a:b",
    ],
)
def test_any_other_form_is_refused_with_an_example(text) -> None:
    with pytest.raises(Failure) as caught:
        parse(text)
    assert caught.value.code == "InvalidLabels"
    assert "system.chipType=GPU,system.framework.PyTorch=2.6.0" in caught.value.fix


def test_a_key_given_twice_is_refused_because_one_of_them_would_be_dropped() -> None:
    with pytest.raises(Failure):
        parse("system.chipType=GPU,system.chipType=CPU")


def test_labels_that_exist_pass() -> None:
    check({"system.chipType": "GPU", "system.framework.PyTorch": "2.6.0"}, KNOWN)
    check({}, KNOWN)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"system.chip_type": "GPU"}, "There is no image label 'system.chip_type': did you mean 'system.chipType'?"),
        ({"system.chiptype": "GPU"}, "There is no image label 'system.chiptype': did you mean 'system.chipType'?"),
        (
            {"colour": "red"},
            "There is no image label 'colour': Keys are system.chipType, system.framework.PyTorch, system.python",
        ),
        ({"system.chipType": "TPU"}, "Image label system.chipType has no value 'TPU': it has CPU, GPU."),
        ({"system.chipType": "gpu"}, "Image label system.chipType has no value 'gpu': it has CPU, GPU."),
    ],
)
def test_a_label_that_would_match_nothing_is_answered_with_the_valid_ones(given, said) -> None:
    with pytest.raises(Failure) as caught:
        check(given, KNOWN)
    assert caught.value.what.startswith(said)
    assert "list_image_labels" in caught.value.fix


def test_of_many_keys_and_values_twelve_are_named() -> None:
    many = {f"k{number:02d}": {f"v{value:02d}" for value in range(14)} for number in range(14)}
    with pytest.raises(Failure) as caught:
        check({"colour": "red"}, many)
    assert caught.value.what.endswith(f"Keys are {', '.join(f'k{number:02d}' for number in range(12))}.")
    with pytest.raises(Failure) as caught:
        check({"k00": "red"}, many)
    assert caught.value.what.endswith(f"it has {', '.join(f'v{number:02d}' for number in range(12))}.")


def test_of_a_long_text_the_first_120_characters_are_quoted() -> None:
    with pytest.raises(Failure) as caught:
        parse("x" * 200)
    assert f"labels '{'x' * 120}' is not" in caught.value.what
