import * as soundstage from "@pulumi/soundstage";

const tags = { "soundstage:studio": "northlight", "soundstage:project": "teaser" };

const key = new soundstage.EncryptionKey("teaser-key", {
    description: "Media and disks of teaser",
    usedBy: ["logs"],
    tags,
});
const media = new soundstage.MediaBucket("teaser-media", {
    studio: "northlight",
    project: "teaser",
    lifecycle: "footage",
    keyArn: key.arn,
    tags,
});
const network = new soundstage.StudioNetwork("teaser-network", {
    project: "teaser",
    zone: soundstage.Zone.Content,
    mediaBucketArns: [media.bucketArn],
    keyArn: key.arn,
    tags,
});

export const bucket = media.bucketName;
export const subnets = network.subnetIds;
