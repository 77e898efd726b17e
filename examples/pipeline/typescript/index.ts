// A workstation in a network, under a key and with a bucket of your own, and with what your pipeline adds. ../README.md says more.
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import * as soundstage from "@soundstage/soundstage";

const region = aws.getRegionOutput().region, account = aws.getCallerIdentityOutput().accountId;
const zone = pulumi.interpolate`${region}a`, mine = { team: "pipeline" };

const vpc = new aws.ec2.Vpc("pipeline", { cidrBlock: "10.60.0.0/20", enableDnsHostnames: true, tags: mine });
const subnet = new aws.ec2.Subnet("machines", { vpcId: vpc.id, cidrBlock: "10.60.0.0/24", availabilityZone: zone, tags: mine });
const routes = new aws.ec2.RouteTable("machines", { vpcId: vpc.id, tags: mine });
new aws.ec2.RouteTableAssociation("machines", { subnetId: subnet.id, routeTableId: routes.id });
new aws.ec2.VpcEndpoint("s3", {
    vpcId: vpc.id, serviceName: pulumi.interpolate`com.amazonaws.${region}.s3`, routeTableIds: [routes.id],
});
const doors = new aws.ec2.SecurityGroup("doors", { vpcId: vpc.id, description: "HTTPS to AWS services", tags: mine });
new aws.vpc.SecurityGroupIngressRule("doors", {
    securityGroupId: doors.id, ipProtocol: "tcp", fromPort: 443, toPort: 443, cidrIpv4: vpc.cidrBlock,
});
for (const service of ["ssm", "ssmmessages", "logs", "kms"]) {
    new aws.ec2.VpcEndpoint(service, {
        vpcId: vpc.id, serviceName: pulumi.interpolate`com.amazonaws.${region}.${service}`, vpcEndpointType: "Interface",
        subnetIds: [subnet.id], securityGroupIds: [doors.id], privateDnsEnabled: true,
    });
}

const accountMay = { AWS: pulumi.interpolate`arn:aws:iam::${account}:root` };
const logsMay = { Service: pulumi.interpolate`logs.${region}.amazonaws.com` };
const ownLogs = { ArnLike: { "kms:EncryptionContext:aws:logs:arn": pulumi.interpolate`arn:aws:logs:${region}:${account}:log-group:*` } };
const use = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"];
const statements = [
    { Effect: "Allow", Principal: accountMay, Action: "kms:*", Resource: "*" },
    { Effect: "Allow", Principal: logsMay, Action: use, Resource: "*", Condition: ownLogs },
];
const key = new aws.kms.Key("pipeline", { policy: pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements }), tags: mine });
const rushes = new aws.s3.Bucket("rushes", { forceDestroy: true, tags: mine });

const secret = pulumi.interpolate`arn:aws:secretsmanager:${region}:${account}:secret:grading-licence-*`;
const mayRead = { Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: secret };
const station = new soundstage.aws.Workstation("grade-1", {
    studio: "northlight", user: "ana", role: soundstage.Role.Color,
    vpcId: vpc.id, subnetId: subnet.id, availabilityZone: subnet.availabilityZone,
    endpointSecurityGroupId: doors.id, keyArn: key.arn, bucketName: rushes.bucket,
    extraOutbound: { licences: { port: 27000, toPort: 27009, cidr: "10.61.0.10/32" } },
    extraPolicies: { licences: pulumi.jsonStringify({ Version: "2012-10-17", Statement: [mayRead] }) },
    extraDisks: { cache: { sizeGib: 500, device: soundstage.DiskDevice.DevSdh, mibPerSecond: 500 } },
    bootCommands: ["install -d -o ana /mnt/cache/stills"],
    foreignTags: ["cost:owner"],
    keep: false,
});
export const instance_id = station.instanceId, disk_volume_ids = station.diskVolumeIds;
export const security_group_id = station.securityGroupId, role_name = station.roleName;
