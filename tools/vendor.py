"""Rebuild the chart bundle that every report carries: `make vendor`.

Writes `src/misid/report/vendor/`: one JavaScript module with Vega, Vega-Lite and Vega-Embed, the versions
and hashes that a test compares with, and the licences.  The bundle comes out of the pinned vl-convert wheel,
without a network.  The schema that tests check charts against (`tests/data/vega-lite-schema.json.gz`) and the licence
texts come from npm packages of the same names; without npm they stay.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import vl_convert

ROOT = Path(__file__).parents[1]
VENDOR = ROOT / "src" / "misid" / "report" / "vendor"
SCHEMA = ROOT / "tests" / "data" / "vega-lite-schema.json.gz"
VEGA_LITE = "6.4.1"  # look at every chart when it moves

# All that a page can reach.  A module's own names stay inside it, so nothing here can collide with the page.
SNIPPET = "globalThis.misidVega = Object.freeze({vegaEmbed});"

# Types only, or reached only by the command line programs of vega-lite, d3-dsv and topojson: not bundled.
NOT_BUNDLED = frozenset(
    (
        "@types/estree",
        "@types/geojson",
        "ansi-regex",
        "ansi-styles",
        "cliui",
        "commander",
        "emoji-regex",
        "escalade",
        "get-caller-file",
        "get-east-asian-width",
        "iconv-lite",
        "rw",
        "safer-buffer",
        "string-width",
        "strip-ansi",
        "vega-typings",
        "wrap-ansi",
        "y18n",
        "yargs",
        "yargs-parser",
    )
)


def bundle(vega_lite: str) -> str:
    """Return the bundle for a Vega-Lite version ("6.4"), fit for an inline module script."""
    text: str = vl_convert.javascript_bundle(SNIPPET, vl_version=vega_lite)
    # A page's parser normalises line ends before the script's hash is taken; so do we.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for sequence in ("</script", "<script", "<!--", "sourceMappingURL"):
        if sequence.lower() in text.lower():
            raise SystemExit(f"the bundle contains {sequence!r} and cannot stand inside a page")
    return text


def licences(packages: Mapping[str, str]) -> str | None:
    """Return the licence texts of packages and all they bring, grouped by equal text; None without npm."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    by_text: dict[str, list[str]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "package.json").write_text('{"private": true}', encoding="utf-8")
        wanted = [f"{name}@{number}" for name, number in packages.items()]
        flags = ["--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--silent"]
        subprocess.run([npm, "install", *flags, *wanted], cwd=folder, check=True)
        for manifest in sorted(Path(folder).glob("node_modules/**/package.json")):
            parents = manifest.parent.parent
            if "node_modules" not in (parents.name, parents.parent.name):
                continue  # not the root of a package
            about = json.loads(manifest.read_text(encoding="utf-8"))
            name = about.get("name", "")
            if not name or name in NOT_BUNDLED:
                continue
            texts = sorted(p for p in manifest.parent.iterdir() if re.match(r"(?i)licen[cs]e|copying", p.name))
            text = texts[0].read_text(encoding="utf-8") if texts else "(the package ships no text)"
            clean = "\n".join(line.rstrip() for line in text.strip().splitlines())
            by_text[f"Licence: {about['license']}\n\n{clean}"].append(name)
    head = (
        "vega.bundle.js holds the packages named below, under these licences.\n"
        "misid itself is under Apache-2.0; see LICENSE at the root of the project.\n"
    )
    groups = sorted((sorted(set(names)), text) for text, names in by_text.items())
    rule = "\n" + "=" * 100 + "\n"
    return rule.join([head, *(f"{', '.join(names)}\n{text}\n" for names, text in groups)])


def schema() -> bytes | None:
    """Return the JSON Schema that the npm package of Vega-Lite holds; None without npm."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([npm, "pack", "--silent", f"vega-lite@{VEGA_LITE}"], cwd=folder, check=True, capture_output=True)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as packed:
            member = packed.extractfile("package/build/vega-lite-schema.json")
            return member.read() if member is not None else None


def main() -> int:
    """Write all files."""
    short = VEGA_LITE.rpartition(".")[0]
    if short not in vl_convert.get_vegalite_versions():
        raise SystemExit(f"this vl-convert has no Vega-Lite {short}")
    text = bundle(short)
    if f'"{VEGA_LITE}"' not in text:
        raise SystemExit(f"the bundle's Vega-Lite is not {VEGA_LITE}")
    packages = {
        "vega": vl_convert.get_vega_version(),
        "vega-lite": VEGA_LITE,
        "vega-embed": vl_convert.get_vega_embed_version(),
    }
    versions = {
        **packages,
        "vl-convert-python": version("vl-convert-python"),
        "bytes": len(text.encode()),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    words = licences({**packages, "lodash.debounce": "4.0.8"})
    rules = schema()
    if rules is not None:
        SCHEMA.write_bytes(gzip.compress(rules, mtime=0))
    versions["schema_sha256"] = hashlib.sha256(gzip.decompress(SCHEMA.read_bytes())).hexdigest()
    VENDOR.mkdir(parents=True, exist_ok=True)
    (VENDOR / "vega.bundle.js").write_bytes(text.encode())
    (VENDOR / "VERSIONS.json").write_text(
        json.dumps(versions, indent=2, sort_keys=True) + "\n", encoding="utf-8", newline="\n"
    )
    if words is None:
        print(
            "npm is missing: licences and schema stay as they are; check them if a version moved",
            file=sys.stderr,
        )
    else:
        (VENDOR / "LICENSES.txt").write_text(words, encoding="utf-8", newline="\n")
    print(f"{versions['bytes']:,} bytes: " + ", ".join(f"{name} {number}" for name, number in packages.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
