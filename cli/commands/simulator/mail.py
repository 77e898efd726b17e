"""Show what the simulated cloud told people about budgets.

Nothing is sent anywhere. Each line is a message that AWS Budgets would send to an address or to a topic.
"""

from soundstage.cli.answer import Answer


def command() -> Answer:
    from soundstage.cli.display.simulator import mail_text
    from soundstage.core.home import state_home
    from soundstage.simulator import process

    sent = process.mail(state_home())
    return Answer({"messages": sent}, lambda screen: mail_text(sent, screen))
