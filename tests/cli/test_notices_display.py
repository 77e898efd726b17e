"""What is said of a trial notice."""

from soundstage.cli.display.notices import tried_text
from soundstage.cli.display.screen import Screen
from soundstage.stacks.notices.of_studio import Tried
from soundstage.stacks.notices.sending import Sent


def test_whoever_switched_a_channel_of_google_off_was_told_to_answer_a_message_of_aws() -> None:
    tried = Tried(Sent(), {"ana@studio.example": True, "bo@studio.example": False}, "", "", is_simulated=False)
    lines = tried_text(tried, Screen(width=200)).splitlines()
    assert lines[0] == "E-mail: sent to ana@studio.example."
    assert "bo@studio.example gets none yet. On AWS, answer" in lines[1]
    assert "on Google Cloud, somebody switched its notification channel off" in lines[1]
