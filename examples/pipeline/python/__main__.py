"""A workstation in a network, under a key and with a bucket of your own, and with what your pipeline adds. README.md says more."""

import json

import pulumi
import pulumi_aws as aws

from soundstage.components.aws import Workstation

region, account = aws.get_region().region, aws.get_caller_identity().account_id
zone, mine = f"{region}a", {"team": "pipeline"}

vpc = aws.ec2.Vpc("pipeline", cidr_block="10.60.0.0/20", enable_dns_hostnames=True, tags=mine)
subnet = aws.ec2.Subnet("machines", vpc_id=vpc.id, cidr_block="10.60.0.0/24", availability_zone=zone, tags=mine)
routes = aws.ec2.RouteTable("machines", vpc_id=vpc.id, tags=mine)
aws.ec2.RouteTableAssociation("machines", subnet_id=subnet.id, route_table_id=routes.id)
aws.ec2.VpcEndpoint("s3", vpc_id=vpc.id, service_name=f"com.amazonaws.{region}.s3", route_table_ids=[routes.id])
doors = aws.ec2.SecurityGroup("doors", vpc_id=vpc.id, description="HTTPS to AWS services", tags=mine)
aws.vpc.SecurityGroupIngressRule(
    "doors", security_group_id=doors.id, ip_protocol="tcp", from_port=443, to_port=443, cidr_ipv4=vpc.cidr_block
)
for service in ("ssm", "ssmmessages", "logs", "kms"):
    aws.ec2.VpcEndpoint(
        service, vpc_id=vpc.id, service_name=f"com.amazonaws.{region}.{service}", vpc_endpoint_type="Interface",
        subnet_ids=[subnet.id], security_group_ids=[doors.id], private_dns_enabled=True,
    )  # fmt: skip

account_may = {"AWS": f"arn:aws:iam::{account}:root"}
logs_may = {"Service": f"logs.{region}.amazonaws.com"}
own_logs = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{region}:{account}:log-group:*"}}
use = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
statements = [
    {"Effect": "Allow", "Principal": account_may, "Action": "kms:*", "Resource": "*"},
    {"Effect": "Allow", "Principal": logs_may, "Action": use, "Resource": "*", "Condition": own_logs},
]
key = aws.kms.Key("pipeline", policy=json.dumps({"Version": "2012-10-17", "Statement": statements}), tags=mine)
rushes = aws.s3.Bucket("rushes", force_destroy=True, tags=mine)

secret = f"arn:aws:secretsmanager:{region}:{account}:secret:grading-licence-*"
may_read = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secret}
station = Workstation(
    "grade-1",
    {
        "studio": "northlight", "user": "ana", "role": "color",
        "vpc_id": vpc.id, "subnet_id": subnet.id, "availability_zone": subnet.availability_zone,
        "endpoint_security_group_id": doors.id, "key_arn": key.arn, "bucket_name": rushes.bucket,
        "extra_outbound": {"licences": {"port": 27000, "to_port": 27009, "cidr": "10.61.0.10/32"}},
        "extra_policies": {"licences": json.dumps({"Version": "2012-10-17", "Statement": [may_read]})},
        "extra_disks": {"cache": {"size_gib": 500, "device": "/dev/sdh", "mib_per_second": 500}},
        "boot_commands": ["install -d -o ana /mnt/cache/stills"],
        "foreign_tags": ["cost:owner"],
        "keep": False,
    },
)  # fmt: skip
for name in ("instance_id", "disk_volume_ids", "security_group_id", "role_name"):
    pulumi.export(name, getattr(station, name))
