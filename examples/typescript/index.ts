import * as soundstage from "@soundstage/soundstage";

const studio = "northlight";
const project = "teaser";
const tags = { "soundstage:studio": studio, "soundstage:project": project };

const key = new soundstage.aws.EncryptionKey("teaser-key", {
    description: "Media and disks of teaser",
    usedBy: [soundstage.KeyUser.Logs],
    tags,
});
const media = new soundstage.aws.MediaBucket("teaser-media", {
    studio,
    project,
    lifecycle: soundstage.Lifecycle.Footage,
    objectLockDays: 30,
    keyArn: key.arn,
    tags,
});
const network = new soundstage.aws.StudioNetwork("teaser-network", {
    project,
    zone: soundstage.Zone.Content,
    zones: 2,
    endpointZones: 1,
    flowLogDays: 400,
    mediaBucketArns: [media.bucketArn],
    keyArn: key.arn,
    tags,
});
const machine = new soundstage.aws.Workstation("edit-1", {
    project,
    user: "ana",
    role: soundstage.Role.Editing,
    vpcId: network.vpcId,
    subnetId: network.subnetIds[0],
    availabilityZone: network.availabilityZones[0],
    endpointSecurityGroupId: network.endpointSecurityGroupId,
    s3PrefixListId: network.s3PrefixListId,
    keyArn: key.arn,
    bucketName: media.bucketName,
    bucketArn: media.bucketArn,
    diskGib: 120,
    dataGib: 300,
    scratchGib: 0,
    logDays: 400,
    idle: { stopAfterMinutes: 20 },
    tags,
});
const budget = new soundstage.aws.ProjectBudget("teaser-budget", {
    studio,
    project,
    monthlyUsd: 499.5,
    alertAtPercent: [50, 80, 100],
    emails: ["producer@northlight.example"],
    atLimit: soundstage.AtLimit.Stop,
    instanceIds: [machine.instanceId],
    tags,
});

export const bucket = media.bucketName;
export const subnets = network.subnetIds;
export const instance = machine.instanceId;
export const budgetName = budget.budgetName;
