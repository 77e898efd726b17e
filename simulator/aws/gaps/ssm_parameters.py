"""Parameters that tell the simulated cloud what to play: spot capacity that is taken back (`simulator.spot`)."""

from soundstage.components.tags import PROJECT, STUDIO, WORKSTATION
from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.aws.gaps import Call
from soundstage.simulator.aws.gaps.ec2_spot import give_again, take_back
from soundstage.simulator.spot import GIVEN, PREFIX, TAKEN


def put_parameter(call: Call) -> Answer:
    name, value = str(call.params.get("Name", "")), call.params.get("Value")
    if name.startswith(PREFIX) and value in (TAKEN, GIVEN):
        wanted = tuple(name.removeprefix(PREFIX).split("/"))
        for machine in call.moto("ec2").all_instances():
            tags = {tag["key"]: tag["value"] for tag in machine.get_tags()}
            if (
                tuple(tags.get(key) for key in (STUDIO, PROJECT, WORKSTATION)) == wanted
                and machine.state != "terminated"
            ):
                (take_back if value == TAKEN else give_again)(call, machine)
                break
        else:
            raise Refusal("ValidationException", f"There is no machine for {name}.")
    return call.forward()
