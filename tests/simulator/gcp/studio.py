"""Things of a studio on Google Cloud, as tests make them with Google's own clients."""

from typing import Any

from tests.simulator.gcp.conftest import Google, P, R, Z, done

NETWORK = f"projects/{P}/global/networks/teaser"
SUBNET = f"projects/{P}/regions/{R}/subnetworks/edit"


def network(google: Google) -> None:
    """A network with one subnetwork."""
    from google.cloud import compute_v1 as c

    resource = c.Network(name="teaser", auto_create_subnetworks=False)
    done(google, google.compute("Networks").insert(project=P, network_resource=resource))
    subnet(google, "edit", "10.0.0.0/24")


def subnet(google: Google, name: str, cidr: str, **more: Any) -> None:
    """A subnetwork of it."""
    from google.cloud import compute_v1 as c

    resource = c.Subnetwork(name=name, network=NETWORK, ip_cidr_range=cidr, **more)
    done(google, google.compute("Subnetworks").insert(project=P, region=R, subnetwork_resource=resource))


def machine(name: str = "edit-1", zone: str = Z, **more: Any) -> Any:
    """A machine with a GPU, as our component asks for it."""
    from google.cloud import compute_v1 as c

    first = c.AttachedDiskInitializeParams(
        disk_size_gb=100, source_image="projects/debian-cloud/global/images/family/debian-12",
        disk_type=f"projects/{P}/zones/{zone}/diskTypes/pd-balanced",
    )  # fmt: skip
    asked: dict[str, Any] = {
        "name": name,
        "machine_type": f"zones/{zone}/machineTypes/g2-standard-8",
        "guest_accelerators": [
            c.AcceleratorConfig(
                accelerator_type=f"projects/{P}/zones/{zone}/acceleratorTypes/nvidia-l4-vws", accelerator_count=1
            )
        ],
        "scheduling": c.Scheduling(on_host_maintenance="TERMINATE"),
        "shielded_instance_config": c.ShieldedInstanceConfig(enable_secure_boot=True),
        "disks": [c.AttachedDisk(boot=True, auto_delete=True, initialize_params=first)],
        "network_interfaces": [c.NetworkInterface(subnetwork=SUBNET)],
        "labels": {"soundstage-project": "teaser"},
    }
    return c.Instance(**{**asked, **more})


def insert(google: Google, resource: Any = None, zone: str = Z) -> Any:
    """Make a machine and wait for it."""
    resource = resource or machine()
    done(google, google.compute("Instances").insert(project=P, zone=zone, instance_resource=resource))
    return google.compute("Instances").get(project=P, zone=zone, instance=resource.name)


def account(google: Google, name: str = "machine-1") -> str:
    """A service account; its address."""
    made = google.api("iam.v1").projects().serviceAccounts().create(
        name=f"projects/{P}", body={"accountId": name, "serviceAccount": {"displayName": name}}
    ).execute()  # fmt: skip
    return str(made["email"])


def key(
    google: Google, name: str = "media", agents: tuple[str, ...] = ("compute-system", "gs-project-accounts")
) -> str:
    """A key that agents may use; its name."""
    kms = google.api("cloudkms.v1").projects().locations().keyRings()
    where = f"projects/{P}/locations/{R}"
    rings = kms.list(parent=where).execute().get("keyRings", [])
    if not rings:
        kms.create(parent=where, keyRingId="studio", body={}).execute()
    made = kms.cryptoKeys().create(
        parent=f"{where}/keyRings/studio", cryptoKeyId=name, body={"purpose": "ENCRYPT_DECRYPT"}
    ).execute()  # fmt: skip
    members = [f"serviceAccount:service-123456789012@{each}.iam.gserviceaccount.com" for each in agents]
    binding = {"role": "roles/cloudkms.cryptoKeyEncrypterDecrypter", "members": members}
    policy = {"policy": {"bindings": [binding] if members else []}}
    kms.cryptoKeys().setIamPolicy(resource=made["name"], body=policy).execute()
    return str(made["name"])


def bind(google: Google, *bindings: dict[str, Any]) -> None:
    """Replace the policy of the project."""
    body = {"policy": {"version": 3, "bindings": list(bindings)}}
    google.api("cloudresourcemanager.v3").projects().setIamPolicy(resource=f"projects/{P}", body=body).execute()
