"""SNS: what was published is shown to people as mail (`workstation simulator mail`); nothing is sent anywhere."""

from soundstage.simulator.answer import Answer
from soundstage.simulator.aws.billing.spending import Mail, Message
from soundstage.simulator.aws.gaps import Call
from soundstage.simulator.memory import GLOBAL


def publish(call: Call) -> Answer:
    answer = call.forward()
    if answer.status == 200:
        told = call.params
        message = Message(
            call.time, str(told.get("TopicArn", "")), str(told.get("Subject", "")), str(told.get("Message", ""))
        )
        call.own(Mail, GLOBAL).sent.append(message)
    return answer
