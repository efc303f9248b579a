"""The catalogues are complete: what scripts/messages finds is what they translate."""

import re
import tomllib
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from locales import Locale

ROOT = Path(__file__).parents[2]
TRANSLATED = [locale.lower() for locale in Locale if locale is not Locale.EN]
KEYWORDS = {**DEFAULT_KEYWORDS, "mark": None, "mark_plural": (1, 2)}
PLACEHOLDER = re.compile(r"%\(\w+\)s")


def source(language: str) -> Path:
    return ROOT / "locales" / language / "LC_MESSAGES" / "tenantry.po"


def catalogue(language: str) -> Catalog:
    with source(language).open("rb") as file:
        return read_po(file)


def messages(found: Catalog) -> list[Message]:
    """All but the header."""
    return [message for message in found if message.id]


def sentences(forms: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """One sentence, or one for each plural form; as Babel hands them out."""
    return (forms,) if isinstance(forms, str) else tuple(forms or ())


@pytest.fixture(scope="module")
def extracted() -> Catalog:
    """Every message of code and templates, found anew."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    found = Catalog()
    for _, _, message, _, context in extract_from_dir(
        ROOT,
        [(mapping["pattern"], mapping["method"]) for mapping in mappings],
        {mapping["pattern"]: mapping for mapping in mappings},
        KEYWORDS,
    ):
        found.add(message, context=context)
    return found


def test_every_language_but_that_of_the_messages_has_a_catalogue() -> None:
    assert sorted(path.parents[1].name for path in ROOT.glob("locales/*/*/*")) == sorted(TRANSLATED)


def test_extraction_finds_mails_roles_errors_and_faults(extracted: Catalog) -> None:
    for known in ("Your role", "Owner", "Sign in first.", "Fill this in."):
        assert known in extracted
    found = extracted.get("At least %(limit)s character.")
    assert found is not None
    assert found.pluralizable


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_holds_every_message_and_no_other(language: str, extracted: Catalog) -> None:
    """Otherwise run scripts/messages."""
    found = catalogue(language)
    assert {message.id for message in found} == {message.id for message in extracted}
    assert found.obsolete == {}


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated_and_none_by_guess(language: str) -> None:
    found = catalogue(language)
    untranslated = [message.id for message in messages(found) if not all(sentences(message.string))]
    assert untranslated == []
    assert [message.id for message in messages(found) if message.fuzzy] == []


@pytest.mark.parametrize(("language", "forms"), [("ru", 3), ("kk", 2)])
def test_what_counts_has_every_plural_form_of_the_language(language: str, forms: int) -> None:
    found = catalogue(language)
    counting = [message for message in messages(found) if message.pluralizable]
    assert found.num_plurals == forms
    assert counting
    assert {len(sentences(message.string)) for message in counting} == {forms}


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_names_the_same_facts_as_its_message(language: str) -> None:
    for message in messages(catalogue(language)):
        wanted = {frozenset(PLACEHOLDER.findall(text)) for text in sentences(message.id)}
        given = {frozenset(PLACEHOLDER.findall(text)) for text in sentences(message.string)}
        assert given == wanted, message.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_names_neither_people_nor_places_of_a_machine(language: str) -> None:
    text = source(language).read_text(encoding="utf-8")
    assert f'"Language: {language}\\n"' in text
    assert not re.search(r"@|SOME DESCRIPTIVE|FULL NAME|fuzzy|^#: /|:\d+$", text, re.MULTILINE)
