"""Words that several report formats share."""

from soundstage.policies.report import Report


def one_line(text: str) -> str:
    """Text from a plan, safe to print: whatever is not printable is escaped, so that no name commands a terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def adjusted(report: Report) -> list[str]:
    """What was changed about the judge itself, a sentence each. Every format that a person reads shows them."""
    told = []
    if report.left_out:
        told.append(f"Did not run, left out by the policy file: {', '.join(policy.id for policy in report.left_out)}.")
    if report.settings:
        told.append(f"Settings that are not the default: {', '.join(report.settings)}.")
    return told


def without_links(text: str) -> str:
    """`one_line`, in which no `[words](address)` is left for a reader of SARIF to make a link of (SARIF 2.1.0, 3.11.6)."""
    return one_line(text).replace("](", "] (")


def summary(report: Report) -> str:
    """The closing sentence."""
    counts = report.counts
    verdict = "refused" if counts["mandatory"] else "passed"
    parts = [f"{counts['mandatory']} mandatory", f"{counts['advisory']} advisory"]
    told = (("waived", "waived"), ("baselined", "in the baseline"), ("consequences", "that follow from others"))
    parts += [f"{counts[key]} {word}" for key, word in told if counts[key]]
    if counts["blind"]:
        parts.append(f"{counts['blind']} not judged")
    if counts["unjudged"]:
        parts.append(f"{counts['unjudged']} resources of unknown types")
    if counts["left_out"]:
        parts.append(f"{counts['left_out']} policies left out")
    ran = f"{len(report.policies)} policies on {report.resources} resources, profile {report.profile}"
    return f"{verdict}: {', '.join(parts)} ({ran})"
