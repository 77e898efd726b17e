"""Compute, called by google-cloud-compute."""

from typing import Any

import pytest
from tests.simulator.gcp.conftest import Google, P, R, Z, done, refused
from tests.simulator.gcp.studio import NETWORK, SUBNET, insert, key, machine, network, subnet

from soundstage.simulator import process

c = pytest.importorskip("google.cloud.compute_v1")


def test_an_operation_takes_time_and_can_be_polled(google: Google) -> None:
    network(google)
    operation = google.compute("Instances").insert(project=P, zone=Z, instance_resource=machine())
    assert operation.status == operation.status.RUNNING
    done(google, operation)
    assert google.compute("Instances").get(project=P, zone=Z, instance="edit-1").status == "RUNNING"


def test_a_machine_has_what_was_asked_for_and_what_google_adds(google: Google) -> None:
    network(google)
    made = insert(google)
    assert made.network_interfaces[0].network_i_p == "10.0.0.2"
    assert made.network_interfaces[0].network.endswith(NETWORK)
    assert made.network_interfaces[0].subnetwork.endswith(SUBNET)
    assert made.disks[0].source.endswith("/disks/edit-1")
    assert made.guest_accelerators[0].accelerator_type.endswith("/acceleratorTypes/nvidia-l4-vws")
    assert dict(made.labels) == {"soundstage-project": "teaser"}
    assert made.label_fingerprint
    assert made.metadata.fingerprint
    assert made.id
    assert made.last_start_timestamp
    disk = google.compute("Disks").get(project=P, zone=Z, disk="edit-1")
    assert (disk.size_gb, disk.status) == (100, "READY")
    assert disk.users[0].endswith("/instances/edit-1")
    assert "debian-12" in disk.source_image


def test_machines_get_different_addresses(google: Google) -> None:
    network(google)
    addresses = {insert(google, machine(f"edit-{n}")).network_interfaces[0].network_i_p for n in (1, 2, 3)}
    assert addresses == {"10.0.0.2", "10.0.0.3", "10.0.0.4"}


def test_what_only_google_sets_is_left_out(google: Google) -> None:
    network(google)
    made = insert(google, machine(status="TERMINATED", id=5, self_link="http://elsewhere/x"))
    assert made.status == "RUNNING"
    assert made.id != 5
    assert made.self_link.startswith(google.endpoint.url)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"name": "Edit_1"}, "regex"),
        ({"name": "a" * 64}, "regex"),
        ({"name": ""}, "not specified"),
        ({"machine_type": "zones/europe-west4-a/machineTypes/g2-standard-999"}, "not found"),
        ({"machine_type": "zones/europe-west4-b/machineTypes/g2-standard-8"}, "zone of the instance"),
        ({"scheduling": c.Scheduling(on_host_maintenance="MIGRATE")}, "live migration"),
        ({"scheduling": c.Scheduling()}, "live migration"),
        ({"disks": []}, "Boot disk"),
        ({"network_interfaces": []}, "network interface"),
        ({"network_interfaces": [c.NetworkInterface(network=NETWORK)]}, "Subnetwork should be specified"),
        ({"network_interfaces": [c.NetworkInterface(subnetwork=SUBNET.replace("edit", "none"))]}, "not found"),
        ({"network_interfaces": [c.NetworkInterface(subnetwork=SUBNET, network_i_p="10.9.0.1")]}, "outside"),
        ({"labels": {"Owner": "ana"}}, "violates format"),
        ({"labels": {"owner": "Ana Lima"}}, "violates format"),
        ({"labels": {"owner": "a" * 64}}, "violates format"),
        ({"labels": {f"k{n}": "v" for n in range(65)}}, "at most 64"),
        ({"service_accounts": [c.ServiceAccount(email=f"none@{P}.iam.gserviceaccount.com")]}, "not found"),
        ({"resource_policies": [f"projects/{P}/regions/{R}/resourcePolicies/none"]}, "not found"),
        ({"guest_accelerators": [c.AcceleratorConfig(accelerator_type=f"projects/{P}/zones/{Z}/acceleratorTypes/none")]}, "not found"),
        ({"guest_accelerators": [c.AcceleratorConfig(accelerator_type=f"projects/{P}/zones/{Z}/acceleratorTypes/nvidia-tesla-t4-vws")]}, "not compatible"),
    ],
)  # fmt: skip
def test_a_machine_that_cannot_be_is_refused_and_leaves_nothing(
    google: Google, more: dict[str, Any], words: str
) -> None:
    network(google)
    error = refused(lambda: insert(google, machine(**more)))
    assert error.code in (400, 404)
    assert words in error.message
    assert not list(google.compute("Instances").list(project=P, zone=Z))
    assert not list(google.compute("Disks").list(project=P, zone=Z))


def test_a_region_without_virtual_workstations_is_refused(google: Google) -> None:
    zone = "europe-north1-a"
    kinds = [each.name for each in google.compute("AcceleratorTypes").list(project=P, zone=zone)]
    assert "nvidia-l4-vws" not in kinds
    assert refused(lambda: insert(google, machine(zone=zone), zone)).code == 404


def test_a_zone_that_there_is_not_is_refused(google: Google) -> None:
    for call in (
        lambda: insert(google, machine(zone="mars-1-a"), "mars-1-a"),
        lambda: list(google.compute("Instances").list(project=P, zone="mars-1-a")),
    ):
        assert "Unknown zone" in refused(call).message


@pytest.mark.parametrize(
    ("first", "method", "then"),
    [
        ("RUNNING", "stop", "TERMINATED"),
        ("TERMINATED", "start", "RUNNING"),
        ("RUNNING", "reset", "RUNNING"),
        ("TERMINATED", "stop", ""),
        ("TERMINATED", "reset", ""),
        ("RUNNING", "start", ""),
        ("RUNNING", "resume", ""),
        ("RUNNING", "suspend", ""),
    ],
)
def test_the_states_of_a_machine(google: Google, first: str, method: str, then: str) -> None:
    network(google)
    insert(google)
    instances, where = google.compute("Instances"), {"project": P, "zone": Z, "instance": "edit-1"}
    if first == "TERMINATED":
        done(google, instances.stop(**where))
    if then:
        done(google, getattr(instances, method)(**where))
        assert instances.get(**where).status == then
    else:
        assert refused(lambda: getattr(instances, method)(**where)).code == 400
        assert instances.get(**where).status == first


def test_a_machine_without_a_gpu_can_be_suspended(google: Google) -> None:
    network(google)
    insert(google, machine(machine_type=f"zones/{Z}/machineTypes/e2-medium", guest_accelerators=[]))
    instances, where = google.compute("Instances"), {"project": P, "zone": Z, "instance": "edit-1"}
    done(google, instances.suspend(**where))
    assert instances.get(**where).status == "SUSPENDED"
    done(google, instances.resume(**where))
    assert instances.get(**where).status == "RUNNING"


def test_machine_type_and_account_change_only_while_stopped(google: Google) -> None:
    network(google)
    insert(google)
    instances, where = google.compute("Instances"), {"project": P, "zone": Z, "instance": "edit-1"}
    larger = c.InstancesSetMachineTypeRequest(machine_type=f"zones/{Z}/machineTypes/g2-standard-16")
    change = {**where, "instances_set_machine_type_request_resource": larger}
    assert "must be stopped" in refused(lambda: instances.set_machine_type(**change)).message
    done(google, instances.stop(**where))
    done(google, instances.set_machine_type(**change))
    assert instances.get(**where).machine_type.endswith("g2-standard-16")


@pytest.mark.parametrize("setter", ["labels", "metadata", "tags"])
def test_a_change_by_an_old_fingerprint_is_refused(google: Google, setter: str) -> None:
    network(google)
    made = insert(google)
    instances, where = google.compute("Instances"), {"project": P, "zone": Z, "instance": "edit-1"}

    def change(mark: str, value: str) -> Any:
        if setter == "labels":
            body = c.InstancesSetLabelsRequest(labels={"a": value}, label_fingerprint=mark)
            return instances.set_labels(**where, instances_set_labels_request_resource=body)
        if setter == "metadata":
            body = c.Metadata(items=[c.Items(key="a", value=value)], fingerprint=mark)
            return instances.set_metadata(**where, metadata_resource=body)
        return instances.set_tags(**where, tags_resource=c.Tags(items=[value], fingerprint=mark))

    mark = made.label_fingerprint if setter == "labels" else getattr(made, setter).fingerprint
    done(google, change(mark, "one"))
    assert refused(lambda: change(mark, "two")).code == 412
    now = instances.get(**where)
    assert "one" in str(getattr(now, setter))
    done(google, change(now.label_fingerprint if setter == "labels" else getattr(now, setter).fingerprint, "three"))


def test_the_same_request_id_is_answered_by_the_same_operation(google: Google) -> None:
    network(google)
    request = c.InsertInstanceRequest(
        project=P, zone=Z, instance_resource=machine(), request_id="11111111-2222-4333-8444-555555555555"
    )
    first, second = (google.compute("Instances").insert(request) for _ in range(2))
    assert first.name == second.name
    done(google, first)
    assert (
        refused(lambda: google.compute("Instances").insert(project=P, zone=Z, instance_resource=machine())).code == 409
    )


def test_a_deleted_machine_takes_its_boot_disk_along_and_frees_the_work_disk(google: Google) -> None:
    network(google)
    disk = c.Disk(name="work", size_gb=200, type_=f"projects/{P}/zones/{Z}/diskTypes/pd-balanced")
    done(google, google.compute("Disks").insert(project=P, zone=Z, disk_resource=disk))
    asked = machine()
    asked.disks.append(c.AttachedDisk(source=f"projects/{P}/zones/{Z}/disks/work", device_name="work"))
    insert(google, asked)
    disks = google.compute("Disks")
    assert refused(lambda: disks.delete(project=P, zone=Z, disk="work")).code == 400
    done(google, google.compute("Instances").delete(project=P, zone=Z, instance="edit-1"))
    assert [each.name for each in disks.list(project=P, zone=Z)] == ["work"]
    assert not disks.get(project=P, zone=Z, disk="work").users
    done(google, disks.delete(project=P, zone=Z, disk="work"))


def test_a_disk_that_one_machine_has_is_not_given_to_another(google: Google) -> None:
    network(google)
    disk = c.Disk(name="work", size_gb=200)
    done(google, google.compute("Disks").insert(project=P, zone=Z, disk_resource=disk))
    attach = c.AttachedDisk(source=f"projects/{P}/zones/{Z}/disks/work", device_name="work")
    for name in ("edit-1", "edit-2"):
        insert(google, machine(name))
    instances = google.compute("Instances")
    done(google, instances.attach_disk(project=P, zone=Z, instance="edit-1", attached_disk_resource=attach))
    error = refused(lambda: instances.attach_disk(project=P, zone=Z, instance="edit-2", attached_disk_resource=attach))
    assert "already being used by" in error.message
    done(google, instances.detach_disk(project=P, zone=Z, instance="edit-1", device_name="work"))
    done(google, instances.attach_disk(project=P, zone=Z, instance="edit-2", attached_disk_resource=attach))
    assert refused(lambda: instances.detach_disk(project=P, zone=Z, instance="edit-1", device_name="work")).code == 400


def test_a_machine_that_was_refused_left_its_work_disk_in_use_by_nobody(google: Google) -> None:
    network(google)
    done(google, google.compute("Disks").insert(project=P, zone=Z, disk_resource=c.Disk(name="work", size_gb=20)))
    disks = [*machine().disks, c.AttachedDisk(source=f"projects/{P}/zones/{Z}/disks/work", device_name="work")]
    elsewhere = [c.NetworkInterface(subnetwork=f"projects/{P}/regions/{R}/subnetworks/none")]
    wrong = [c.NetworkInterface(subnetwork=SUBNET, network_i_p="10.9.9.9")]
    for cards in (elsewhere, wrong):
        asked = machine(disks=disks, network_interfaces=cards)
        refused(lambda asked=asked: google.compute("Instances").insert(project=P, zone=Z, instance_resource=asked))
        assert not google.compute("Disks").get(project=P, zone=Z, disk="work").users
    insert(google, machine(disks=disks))


def test_a_protected_machine_is_not_deleted(google: Google) -> None:
    network(google)
    insert(google, machine(deletion_protection=True))
    instances, where = google.compute("Instances"), {"project": P, "zone": Z, "instance": "edit-1"}
    assert "protected against deletion" in refused(lambda: instances.delete(**where)).message
    request = c.SetDeletionProtectionInstanceRequest(project=P, zone=Z, resource="edit-1", deletion_protection=False)
    done(google, instances.set_deletion_protection(request))
    done(google, instances.delete(**where))
    assert refused(lambda: instances.get(**where)).code == 404


def test_the_work_comes_back_from_a_snapshot(google: Google) -> None:
    done(google, google.compute("Disks").insert(project=P, zone=Z, disk_resource=c.Disk(name="work", size_gb=200)))
    source = f"projects/{P}/zones/{Z}/disks/work"
    shot = c.Snapshot(name="work-1", source_disk=source, labels={"a": "b"}, storage_locations=[R])
    operation = google.compute("Snapshots").insert(project=P, snapshot_resource=shot)
    done(google, operation)
    made = google.compute("Snapshots").get(project=P, snapshot="work-1")
    assert (made.status, made.disk_size_gb, list(made.storage_locations)) == ("READY", 200, [R])
    done(google, google.compute("Disks").delete(project=P, zone=Z, disk="work"))
    assert google.compute("Snapshots").get(project=P, snapshot="work-1").source_disk.endswith("disks/work")
    again = c.Disk(name="work", source_snapshot=f"projects/{P}/global/snapshots/work-1")
    done(google, google.compute("Disks").insert(project=P, zone=Z, disk_resource=again))
    assert google.compute("Disks").get(project=P, zone=Z, disk="work").size_gb == 200
    small = c.Disk(name="small", source_snapshot=f"projects/{P}/global/snapshots/work-1", size_gb=10)
    error = refused(lambda: google.compute("Disks").insert(project=P, zone=Z, disk_resource=small))
    assert "cannot be smaller" in error.message


def test_a_disk_grows_and_never_shrinks(google: Google) -> None:
    disks = google.compute("Disks")
    done(google, disks.insert(project=P, zone=Z, disk_resource=c.Disk(name="work", size_gb=200)))

    def resize(size: int) -> Any:
        body = c.DisksResizeRequest(size_gb=size)
        return disks.resize(project=P, zone=Z, disk="work", disks_resize_request_resource=body)

    done(google, resize(300))
    assert disks.get(project=P, zone=Z, disk="work").size_gb == 300
    assert "must be larger" in refused(lambda: resize(200)).message


def test_an_image_is_made_of_a_stopped_machine_and_grows_old(google: Google) -> None:
    network(google)
    insert(google)
    images = google.compute("Images")
    body = c.Image(name="edit-linux-1", family="edit-linux", source_disk=f"projects/{P}/zones/{Z}/disks/edit-1")
    assert refused(lambda: images.insert(project=P, image_resource=body)).code == 400
    done(google, google.compute("Instances").stop(project=P, zone=Z, instance="edit-1"))
    done(google, images.insert(project=P, image_resource=body))
    assert images.get_from_family(project=P, family="edit-linux").name == "edit-linux-1"
    old = c.DeprecationStatus(state="DEPRECATED")
    done(google, images.deprecate(project=P, image="edit-linux-1", deprecation_status_resource=old))
    assert refused(lambda: images.get_from_family(project=P, family="edit-linux")).code == 404
    done(google, images.delete(project=P, image="edit-linux-1"))


def test_a_snapshot_schedule_and_an_instance_schedule_go_where_they_belong(google: Google) -> None:
    network(google)
    insert(google)
    policies = google.compute("ResourcePolicies")
    hours = c.ResourcePolicyInstanceSchedulePolicy(
        time_zone="Europe/Lisbon",
        vm_start_schedule=c.ResourcePolicyInstanceSchedulePolicySchedule(schedule="0 9 * * MON-FRI"),
    )
    daily = c.ResourcePolicySnapshotSchedulePolicy(
        schedule=c.ResourcePolicySnapshotSchedulePolicySchedule(
            daily_schedule=c.ResourcePolicyDailyCycle(days_in_cycle=1, start_time="04:00")
        ),
        retention_policy=c.ResourcePolicySnapshotSchedulePolicyRetentionPolicy(max_retention_days=14),
    )
    for name, policy in (
        ("hours", {"instance_schedule_policy": hours}),
        ("daily", {"snapshot_schedule_policy": daily}),
    ):
        resource = c.ResourcePolicy(name=name, **policy)
        done(google, policies.insert(project=P, region=R, resource_policy_resource=resource))

    def on_machine(name: str) -> Any:
        body = c.InstancesAddResourcePoliciesRequest(
            resource_policies=[f"projects/{P}/regions/{R}/resourcePolicies/{name}"]
        )
        return google.compute("Instances").add_resource_policies(
            project=P, zone=Z, instance="edit-1", instances_add_resource_policies_request_resource=body
        )

    def on_disk(name: str) -> Any:
        body = c.DisksAddResourcePoliciesRequest(
            resource_policies=[f"projects/{P}/regions/{R}/resourcePolicies/{name}"]
        )
        return google.compute("Disks").add_resource_policies(
            project=P, zone=Z, disk="edit-1", disks_add_resource_policies_request_resource=body
        )

    done(google, on_machine("hours"))
    done(google, on_disk("daily"))
    assert refused(lambda: on_machine("daily")).code == 400
    assert refused(lambda: on_disk("hours")).code == 400
    assert refused(lambda: policies.delete(project=P, region=R, resource_policy="hours")).code == 400
    assert (
        policies.get(
            project=P, region=R, resource_policy="daily"
        ).snapshot_schedule_policy.retention_policy.max_retention_days
        == 14
    )


def test_what_is_in_use_is_not_deleted(google: Google) -> None:
    network(google)
    insert(google)
    subnets, networks = google.compute("Subnetworks"), google.compute("Networks")
    assert "already being used by" in refused(lambda: subnets.delete(project=P, region=R, subnetwork="edit")).message
    assert refused(lambda: networks.delete(project=P, network="teaser")).code == 400
    done(google, google.compute("Instances").delete(project=P, zone=Z, instance="edit-1"))
    assert refused(lambda: networks.delete(project=P, network="teaser")).code == 400
    done(google, subnets.delete(project=P, region=R, subnetwork="edit"))
    done(google, networks.delete(project=P, network="teaser"))
    assert not list(networks.list(project=P))


@pytest.mark.parametrize(
    "cidr", ["10.0.0.0/24", "10.0.0.128/25", "10.0.0.0/16", "10.0.1.1/24", "nonsense", "10.5.0.0/30", ""]
)
def test_a_range_that_overlaps_or_is_none_is_refused(google: Google, cidr: str) -> None:
    network(google)
    assert refused(lambda: subnet(google, "other", cidr)).code == 400
    subnet(google, "third", "10.0.1.0/24")


def test_secondary_ranges_count_too(google: Google) -> None:
    network(google)
    ranges = [c.SubnetworkSecondaryRange(range_name="a", ip_cidr_range="10.0.0.0/25")]
    assert refused(lambda: subnet(google, "other", "10.1.0.0/24", secondary_ip_ranges=ranges)).code == 400


def test_a_subnetwork_changes_by_its_fingerprint(google: Google) -> None:
    network(google)
    subnets = google.compute("Subnetworks")
    where = {"project": P, "region": R, "subnetwork": "edit"}
    mark = subnets.get(**where).fingerprint
    logs = c.SubnetworkLogConfig(enable=True, aggregation_interval="INTERVAL_5_SEC")
    assert refused(lambda: subnets.patch(**where, subnetwork_resource=c.Subnetwork(log_config=logs))).code == 412
    done(google, subnets.patch(**where, subnetwork_resource=c.Subnetwork(log_config=logs, fingerprint=mark)))
    assert subnets.get(**where).log_config.enable
    again = c.Subnetwork(log_config=c.SubnetworkLogConfig(enable=False), fingerprint=mark)
    assert refused(lambda: subnets.patch(**where, subnetwork_resource=again)).code == 412
    body = c.SubnetworksSetPrivateIpGoogleAccessRequest(private_ip_google_access=True)
    done(
        google,
        subnets.set_private_ip_google_access(**where, subnetworks_set_private_ip_google_access_request_resource=body),
    )
    assert subnets.get(**where).private_ip_google_access


def test_a_router_translates_for_its_network(google: Google) -> None:
    network(google)
    routers = google.compute("Routers")
    nat = c.RouterNat(
        name="nat",
        nat_ip_allocate_option="AUTO_ONLY",
        source_subnetwork_ip_ranges_to_nat="ALL_SUBNETWORKS_ALL_IP_RANGES",
    )
    bare = c.Router(name="r", network=NETWORK, nats=[c.RouterNat(name="nat")])
    assert "natIpAllocateOption" in refused(lambda: routers.insert(project=P, region=R, router_resource=bare)).message
    done(google, routers.insert(project=P, region=R, router_resource=c.Router(name="r", network=NETWORK)))
    done(google, routers.patch(project=P, region=R, router="r", router_resource=c.Router(nats=[nat])))
    assert [each.name for each in routers.get(project=P, region=R, router="r").nats] == ["nat"]
    done(google, routers.patch(project=P, region=R, router="r", router_resource=c.Router(description="x")))
    assert [each.name for each in routers.get(project=P, region=R, router="r").nats] == ["nat"]


def _rule(priority: int, **more: Any) -> Any:
    every = c.FirewallPolicyRuleMatcherLayer4Config(ip_protocol="all")
    match = c.FirewallPolicyRuleMatcher(dest_ip_ranges=["0.0.0.0/0"], layer4_configs=[every])
    return c.FirewallPolicyRule(
        **{"priority": priority, "action": "deny", "direction": "EGRESS", "match": match, **more}
    )


def test_rules_of_a_firewall_policy(google: Google) -> None:
    network(google)
    fw = google.compute("NetworkFirewallPolicies")
    where = {"project": P, "firewall_policy": "fw"}
    done(google, fw.insert(project=P, firewall_policy_resource=c.FirewallPolicy(name="fw")))
    done(google, fw.add_rule(**where, firewall_policy_rule_resource=_rule(2000)))
    done(google, fw.add_rule(**where, firewall_policy_rule_resource=_rule(1000, action="allow")))
    assert [each.priority for each in fw.get(**where).rules] == [1000, 2000]
    for wrong in (_rule(1000), _rule(3000, action="drop"), c.FirewallPolicyRule(priority=3000, action="deny")):
        assert refused(lambda wrong=wrong: fw.add_rule(**where, firewall_policy_rule_resource=wrong)).code == 400
    change = c.PatchRuleNetworkFirewallPolicyRequest(
        **where, priority=2000, firewall_policy_rule_resource=c.FirewallPolicyRule(description="closed")
    )
    done(google, fw.patch_rule(change))
    kept = fw.get_rule(c.GetRuleNetworkFirewallPolicyRequest(**where, priority=2000))
    assert (kept.description, kept.action) == ("closed", "deny")
    done(google, fw.remove_rule(c.RemoveRuleNetworkFirewallPolicyRequest(**where, priority=1000)))
    assert refused(lambda: fw.get_rule(c.GetRuleNetworkFirewallPolicyRequest(**where, priority=1000))).code == 404


def test_a_network_has_one_firewall_policy_and_is_not_deleted_under_it(google: Google) -> None:
    network(google)
    fw = google.compute("NetworkFirewallPolicies")
    for name in ("fw", "fw2"):
        done(google, fw.insert(project=P, firewall_policy_resource=c.FirewallPolicy(name=name)))
    held = c.FirewallPolicyAssociation(name="teaser", attachment_target=NETWORK)
    done(google, fw.add_association(project=P, firewall_policy="fw", firewall_policy_association_resource=held))
    error = refused(
        lambda: fw.add_association(project=P, firewall_policy="fw2", firewall_policy_association_resource=held)
    )
    assert "already has a firewall policy" in error.message
    assert refused(lambda: fw.delete(project=P, firewall_policy="fw")).code == 400
    assert refused(lambda: google.compute("Networks").delete(project=P, network="teaser")).code == 400
    done(
        google,
        fw.remove_association(
            c.RemoveAssociationNetworkFirewallPolicyRequest(project=P, firewall_policy="fw", name="teaser")
        ),
    )
    done(google, fw.delete(project=P, firewall_policy="fw"))


def test_lists_have_pages_and_filters(google: Google) -> None:
    network(google)
    for number in range(5):
        labels = {"soundstage-project": "teaser" if number % 2 else "feature"}
        insert(google, machine(f"edit-{number}", labels=labels))
    instances = google.compute("Instances")
    request = c.ListInstancesRequest(project=P, zone=Z, max_results=2)
    assert len(list(instances.list(request))) == 5
    found = c.ListInstancesRequest(project=P, zone=Z, filter="labels.soundstage-project = teaser")
    assert [each.name for each in instances.list(found)] == ["edit-1", "edit-3"]
    found = c.AggregatedListInstancesRequest(project=P, filter='(name = "edit-4") (status = RUNNING)')
    assert [each.name for _, scope in instances.aggregated_list(found) for each in scope.instances] == ["edit-4"]
    assert refused(lambda: list(instances.list(c.ListInstancesRequest(project=P, zone=Z, filter="((")))).code == 400


def test_places_types_and_images_are_there_before_anything_is_made(google: Google) -> None:
    zones = {each.name for each in google.compute("Zones").list(project=P)}
    assert {"europe-west4-a", "us-central1-f", "asia-south1-a"} <= zones
    assert R in {each.name for each in google.compute("Regions").list(project=P)}
    kinds = {each.name for each in google.compute("AcceleratorTypes").list(project=P, zone=Z)}
    assert {"nvidia-l4-vws", "nvidia-l4"} <= kinds
    machine_type = google.compute("MachineTypes").get(project=P, zone=Z, machine_type="g2-standard-8")
    assert (machine_type.guest_cpus, machine_type.memory_mb) == (8, 32768)
    assert google.compute("Images").get_from_family(project="debian-cloud", family="debian-12").status == "READY"
    assert refused(lambda: google.compute("Images").get_from_family(project="debian-cloud", family="none")).code == 404


def test_a_quota_is_a_limit(google: Google) -> None:
    quotas = {each.metric: each for each in google.compute("Regions").get(project=P, region=R).quotas}
    assert quotas["NVIDIA_L4_GPUS"].usage == 0
    network(google)
    insert(google)
    quotas = {each.metric: each for each in google.compute("Regions").get(project=P, region=R).quotas}
    assert quotas["NVIDIA_L4_GPUS"].usage == 1
    many = machine("big", machine_type=f"zones/{Z}/machineTypes/g2-standard-96")
    many.guest_accelerators[0].accelerator_count = 64
    error = refused(lambda: insert(google, many))
    assert error.code == 403
    assert "Quota 'NVIDIA_L4_GPUS' exceeded" in error.message


def test_a_machine_that_nobody_stopped_is_stopped_by_google(google: Google) -> None:
    network(google)
    limit = c.Scheduling(
        on_host_maintenance="TERMINATE", max_run_duration=c.Duration(seconds=3600), instance_termination_action="STOP"
    )
    insert(google, machine(scheduling=limit))
    insert(google, machine("edit-2"))
    process.turn_clock(google.home, 3601)
    instances = google.compute("Instances")
    states = {each.name: each.status for each in instances.list(project=P, zone=Z)}
    assert states == {"edit-1": "TERMINATED", "edit-2": "RUNNING"}


def test_a_disk_needs_a_key_that_compute_may_use(google: Google) -> None:
    network(google)

    def disk(name: str, key: str) -> Any:
        resource = c.Disk(name=name, size_gb=10, disk_encryption_key=c.CustomerEncryptionKey(kms_key_name=key))
        return google.compute("Disks").insert(project=P, zone=Z, disk_resource=resource)

    good = key(google)
    done(google, disk("good", good))
    closed = key(google, "closed", agents=())
    for wrong in (closed, f"projects/{P}/locations/{R}/keyRings/studio/cryptoKeys/none"):
        assert "Cloud KMS error" in refused(lambda wrong=wrong: disk("bad", wrong)).message
    versions = google.api("cloudkms.v1").projects().locations().keyRings().cryptoKeys().cryptoKeyVersions()
    versions.patch(name=f"{good}/cryptoKeyVersions/1", updateMask="state", body={"state": "DISABLED"}).execute()
    assert "is not enabled" in refused(lambda: disk("bad", good)).message


def test_project_metadata_is_changed_by_its_fingerprint(google: Google) -> None:
    projects = google.compute("Projects")
    mark = projects.get(project=P).common_instance_metadata.fingerprint
    body = c.Metadata(items=[c.Items(key="enable-oslogin", value="TRUE")], fingerprint=mark)
    done(google, projects.set_common_instance_metadata(project=P, metadata_resource=body))
    assert projects.get(project=P).common_instance_metadata.items[0].key == "enable-oslogin"
    assert refused(lambda: projects.set_common_instance_metadata(project=P, metadata_resource=body)).code == 412


def test_addresses_and_routes(google: Google) -> None:
    network(google)
    addresses = google.compute("Addresses")
    inner = c.Address(name="inner", address_type="INTERNAL", subnetwork=SUBNET)
    done(google, addresses.insert(project=P, region=R, address_resource=inner))
    assert addresses.get(project=P, region=R, address="inner").address == "10.0.0.2"
    insert(google)
    assert (
        google.compute("Instances").get(project=P, zone=Z, instance="edit-1").network_interfaces[0].network_i_p
        == "10.0.0.3"
    )
    route = c.Route(
        name="restricted", network=NETWORK, dest_range="199.36.153.4/30", priority=1000,
        next_hop_gateway=f"projects/{P}/global/gateways/default-internet-gateway",
    )  # fmt: skip
    done(google, google.compute("Routes").insert(project=P, route_resource=route))
    assert google.compute("Routes").get(project=P, route="restricted").priority == 1000
    route.name, route.dest_range = "other", "x"
    assert refused(lambda: google.compute("Routes").insert(project=P, route_resource=route)).code == 400


def test_what_gcloud_sends_with_lists_was_refused(google: Google) -> None:
    """gcloud 528, `compute instances list` and `compute machine-types list --filter='name~g2-standard-8'`."""
    types = google.compute("MachineTypes")
    found = c.ListMachineTypesRequest(
        project=P, zone=Z, filter='name eq ".*(g2-standard-8).*"', return_partial_success=True
    )
    assert [each.name for each in types.list(found)] == ["g2-standard-8"]
    assert (
        refused(lambda: list(types.list(c.ListMachineTypesRequest(project=P, zone=Z, filter='name eq "("')))).code
        == 400
    )
