"""What calls about images need besides the image itself: its snapshots, and the keys of disks.

Source: Amazon EC2 User Guide, "Grant permissions to copy Amazon EC2 AMIs"; Service Authorization Reference, "Amazon EC2";
Amazon EBS User Guide, "Requirements for Amazon EBS encryption" and "Copy an Amazon EBS snapshot" (2026-11).
"""

from soundstage.simulator.aws.iam import needs_kms
from soundstage.simulator.aws.iam.need import Need, action_of, tagged
from soundstage.simulator.aws.iam.world import World
from soundstage.simulator.aws.request import AwsRequest


def of_images(request: AwsRequest, world: World) -> list[Need]:
    """The permissions beyond those on what a call names here and makes."""
    if request.operation == "CopyImage":
        return _copied(request, world)
    if request.operation == "DeregisterImage" and request.params.get("DeleteAssociatedSnapshots") == "true":
        image = world.moto("ec2").amis.get(request.params.get("ImageId", ""))
        if image is None:
            return []
        tags = tagged(world.tags_of("ec2", image.ebs_snapshot.id), "ec2")
        return [Need("ec2:DeleteSnapshot", f"arn:aws:ec2:{world.region}::snapshot/{image.ebs_snapshot.id}", tags)]
    return []


def _copied(request: AwsRequest, world: World) -> list[Need]:
    """The image that is copied lies in another region; its disk is opened there, and sealed here."""
    region, id = request.params.get("SourceRegion", ""), request.params.get("SourceImageId", "")
    ec2 = world.moto("ec2", region)
    facts = tagged(dict(ec2.tags.get(id, {})), "ec2") | {"ec2:imageid": id}
    found = [Need(action_of(request), f"arn:aws:ec2:{region}::image/{id}", facts)]
    source = getattr(ec2.amis.get(id), "key", None)
    if source:
        found += needs_kms.through(world, "ec2", ("kms:Decrypt", "kms:ReEncryptFrom"), source)
    if key := request.params.get("KmsKeyId"):
        actions = ("kms:CreateGrant", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptTo")
        found += needs_kms.through(world, "ec2", actions, key)
    return found
