"""File notifier: writes messages as e-mail files into a folder.

It is for trials, for demos, and for hosts where another program sends.
"""

from pathlib import Path
from typing import Final

from crmcore.adapters.notifications.smtp import SmtpNotifier
from crmcore.domain.kernel.errors.infrastructure import DeliveryError
from crmcore.domain.messaging.messages import OutgoingMessage

DEFAULT_SENDER: Final = "crm@localhost.localdomain"


class FileNotifier:
    """Writes each message to a file.

    The same message is the same file, so that a repetition changes nothing.

    Args:
        folder: the target folder; the first message creates it.
        sender: the sender's e-mail address.

    Raises:
        InvalidInputError: the sender is not an e-mail address.
    """

    def __init__(self, folder: str | Path, *, sender: str = DEFAULT_SENDER) -> None:
        self.folder: Path = Path(folder)
        self._composer = SmtpNotifier("localhost", sender=sender, security="none")

    def send(self, message: OutgoingMessage, /) -> None:
        """Write the file of a message atomically.

        Raises:
            DeliveryError: permanent if the message is not a valid e-mail; temporary if the folder cannot be written.
        """
        content = self._composer.compose(message).as_bytes()
        name = "".join(char if char.isalnum() else "-" for char in f"{message.topic}-{message.id[-12:]}")
        path = self.folder / f"{message.at:%Y-%m-%d-%H%M}-{name}.eml"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary_path = path.with_suffix(".part")
            temporary_path.write_bytes(content)
            temporary_path.replace(path)
        except OSError as error:
            raise DeliveryError(message.channel, f"the folder cannot be written ({type(error).__name__})") from None

    def __repr__(self) -> str:
        return f"FolderNotifier({str(self.folder)!r})"
