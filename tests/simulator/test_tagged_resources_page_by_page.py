"""Listing tagged resources over several pages leaves a cloud that can still be put away and taken up again."""

from soundstage.simulator.aws.snapshot import pack
from soundstage.simulator.memory import Memory
from soundstage.simulator.process import Endpoint


def test_a_second_page_of_tagged_resources_kept_the_cloud_from_being_put_away() -> None:
    from moto.core.decorator import mock_aws
    from moto.resourcegroupstaggingapi.models import resourcegroupstaggingapi_backends
    from moto.s3.models import s3_backends

    from soundstage.simulator.aws.patches import pages

    pages.apply()
    with mock_aws():
        s3 = s3_backends["123456789012"]["aws"]
        for number in range(3):
            bucket = s3.create_bucket(f"one-of-{number}", "eu-west-1")
            s3.put_bucket_tagging(bucket.name, {"soundstage:studio": "home"})
        tagged = resourcegroupstaggingapi_backends["123456789012"]["eu-west-1"]
        token, first = tagged.get_resources(resources_per_page=2)
        assert token
        assert pack(1, Memory())
        assert len(first) + len(tagged.get_resources(pagination_token=token, resources_per_page=2)[1]) == 3


def test_all_pages_tell_of_every_tagged_resource(cloud: Endpoint) -> None:
    ec2 = cloud.client("ec2", "eu-west-1")
    tags = [{"ResourceType": "elastic-ip", "Tags": [{"Key": "soundstage:studio", "Value": "home"}]}]
    groups = [
        ec2.create_vpc(CidrBlock="10.9.0.0/24", TagSpecifications=[{**tags[0], "ResourceType": "vpc"}])["Vpc"]["VpcId"]
        for _ in range(3)
    ]
    client, found, token = cloud.client("resourcegroupstaggingapi", "eu-west-1"), list[str](), ""
    while True:
        answer = client.get_resources(
            TagFilters=[{"Key": "soundstage:studio"}], ResourcesPerPage=2, PaginationToken=token
        )
        found += [one["ResourceARN"].rpartition("/")[2] for one in answer["ResourceTagMappingList"]]
        token = answer.get("PaginationToken") or ""
        if not token:
            break
    assert set(groups) <= set(found)
