"""A notifier that puts letters into a folder, as mail programs read them: for trials, for demos, and where another program sends."""

from pathlib import Path
from typing import Final

from crmcore.adapters.notify.smtp import SmtpNotifier
from crmcore.domain.errors.outside import DeliveryFailed
from crmcore.domain.messages import Letter

SENDER: Final = "crm@localhost.localdomain"


class FolderNotifier:
    """Writes each letter as a file of its own. The same letter is the same file, so a repetition changes nothing.

    Args:
        folder: where to; it is made when it is needed.
        sender: the address that letters come from.

    Raises:
        InvalidInput: that is no address.
    """

    def __init__(self, folder: str | Path, *, sender: str = SENDER) -> None:
        self.folder = Path(folder)
        self._mail = SmtpNotifier("localhost", sender=sender, security="none")

    def send(self, letter: Letter, /) -> None:
        """Write its file, whole or not at all.

        Raises:
            DeliveryFailed: permanently, when it cannot be a mail; for now, when the folder cannot be written.
        """
        content = self._mail.compose(letter).as_bytes()
        name = "".join(char if char.isalnum() else "-" for char in f"{letter.topic}-{letter.id[-12:]}")
        path = self.folder / f"{letter.at:%Y-%m-%d-%H%M}-{name}.eml"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(".part")
            draft.write_bytes(content)
            draft.replace(path)
        except OSError as error:
            raise DeliveryFailed(letter.channel, f"the folder cannot be written ({type(error).__name__})") from None

    def __repr__(self) -> str:
        return f"FolderNotifier({str(self.folder)!r})"
