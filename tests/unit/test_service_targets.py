"""The targets of ``instance.toml``: read as they stand, every mistake named with its key."""

from __future__ import annotations

from pathlib import Path

import pytest

from didymium.service.errors import BadInstance
from didymium.service.instance import read_instance
from didymium.service.targets import SmtpTarget, WebhookTarget, check_targets, secret

HOOK = '[targets.duty]\nkind = "webhook"\nurl = "https://duty.example/hook"\n'
MAIL = (
    '[targets.mail]\nkind = "smtp"\nhost = "mail.example"\nfrom = "didymium@plant.example"\n'
    'to = ["shift@plant.example"]\n'
)


def read(folder: Path, text: str) -> tuple[object, ...]:
    (folder / "instance.toml").write_text(text, encoding="utf-8")
    return read_instance(folder).targets


def test_targets_are_read_as_they_stand(tmp_path: Path) -> None:
    whole = MAIL + 'tls = "tls"\nuser = "didymium"\npassword_env = "MAIL_PASSWORD"\n'
    assert read(tmp_path, HOOK + 'secret_env = "DUTY_SECRET"\n' + whole) == (
        WebhookTarget("duty", "https://duty.example/hook", "DUTY_SECRET"),
        SmtpTarget(
            "mail", "mail.example", 465, "tls", "didymium", "MAIL_PASSWORD", "didymium@plant.example",
            ("shift@plant.example",),
        ),
    )  # fmt: skip


def test_an_installation_has_no_targets_by_itself(tmp_path: Path) -> None:
    assert read_instance(tmp_path).targets == ()


@pytest.mark.parametrize(
    ("text", "key", "hint"),
    [
        ('targets = "duty"\n', "targets", "tables"),
        ("[targets.duty]\n", "targets.duty.kind", '"webhook" or "smtp"'),
        (HOOK.replace("https://", ""), "targets.duty.url", "https://duty.example"),
        (HOOK.replace("duty.example", "[duty"), "targets.duty.url", "https://duty.example"),
        (HOOK.replace("/hook", "/ho\\u0000ok"), "targets.duty.url", "https://duty.example"),
        (HOOK.replace("duty.", "duty.."), "targets.duty.url", "https://duty.example"),
        (HOOK.replace(".example", ".example:99999"), "targets.duty.url", "https://duty.example"),
        (HOOK.replace("https://", "https://u:p@"), "targets.duty.url", "secret_env"),
        (HOOK + "secret = 'x'\n", "targets.duty.secret", "kind, url, secret_env"),
        (HOOK.replace("duty]", '"d/y"]'), "targets.d/y", "letters, digits"),
        (MAIL + 'tls = "ssl"\n', "targets.mail.tls", "starttls"),
        (MAIL + "port = 0\n", "targets.mail.port", "1 to 65535"),
        (MAIL + 'user = "didymium"\n', "targets.mail.user", "together"),
        (MAIL.replace('["shift@plant.example"]', '"shift"'), "targets.mail.to", "list of addresses"),
        (MAIL.replace("didymium@plant.example", "didymium"), "targets.mail.from", "one address"),
        (MAIL.replace('host = "mail.example"\n', ""), "targets.mail.host", "text in quotes"),
    ],
)
def test_mistakes_are_named_by_their_key(tmp_path: Path, text: str, key: str, hint: str) -> None:
    with pytest.raises(BadInstance) as bad:
        read(tmp_path, text)
    assert bad.value.key == key
    assert hint in bad.value.hint


def test_a_secret_that_is_not_in_the_environment_is_named(tmp_path: Path) -> None:
    target = WebhookTarget("duty", "https://duty.example", "DUTY_SECRET")
    assert secret(tmp_path, target, {"DUTY_SECRET": "x"}) == "x"
    assert secret(tmp_path, WebhookTarget("open", "https://duty.example", ""), {}) == ""
    with pytest.raises(BadInstance, match=r"targets\.duty\.secret_env: 'DUTY_SECRET' is not set"):
        secret(tmp_path, target, {"DUTY_SECRET": ""})
    with pytest.raises(
        BadInstance, match=r"targets\.duty\.secret_env: 'DUTY_SECRET'; expected base64 after whsec_"
    ) as bad:
        secret(tmp_path, target, {"DUTY_SECRET": "whsec_open sesame"})
    assert "sesame" not in str(bad.value)


def test_a_target_that_rules_name_and_the_installation_has_not_is_named(tmp_path: Path) -> None:
    targets = (WebhookTarget("duty", "https://duty.example", ""),)
    check_targets(tmp_path, targets, {"duty": "rule 'a'"})
    check_targets(tmp_path, (), {"duty": "rule 'a'"})  # it sends nothing at all
    with pytest.raises(BadInstance, match=r"no target 'chief'.*\[targets.chief\]: rule 'a'.*there are duty"):
        check_targets(tmp_path, targets, {"chief": "rule 'a'"})
