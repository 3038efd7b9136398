#!/usr/bin/env python3
"""`vifi fetch` against a server with bad manners: whatever it does, only what has the right checksum gets its name.

Run through `meson test`: $VIFI_TOOL is the command, $VIFI_SOURCE_ROOT the sources.
"""

import hashlib
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from http_server import Server, Step

TOOL = os.environ["VIFI_TOOL"]
MINI = pathlib.Path(os.environ["VIFI_SOURCE_ROOT"]) / "models" / "mini"
FILE = random.Random(7).randbytes(3_000_000)
SUM = hashlib.sha256(FILE).hexdigest()
PAGE = b"\n<!DOCTYPE html><html><title>Please log in</title>" + b"<p>welcome</p>" * 100_000
VIT_B_16 = "5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f"


class Fetch(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.models = self.folder / "cache" / "vifi" / "models"
        self.bundle = self.models / "weights"  # of the address that most tests use

    def command(self, *arguments):
        return [TOOL, "fetch", "--retry-delay", "0", *arguments]

    def environment(self, **variables):
        inherited = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        return inherited | {"XDG_CACHE_HOME": str(self.folder / "cache")} | variables

    def run_fetch(self, *arguments, preexec=None, **variables):
        return subprocess.run(self.command(*arguments), env=self.environment(**variables), preexec_fn=preexec,
                              capture_output=True, text=True, timeout=120)

    def fetch(self, server, *arguments, sum=SUM, **others):
        return self.run_fetch(server.address + "/models/weights.pt", "--sha256", sum, *arguments, **others)

    def assert_fetched(self, run, bundle=None):
        bundle = bundle or self.bundle
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(run.stdout, f"{bundle}\n")
        self.assertEqual(hashlib.sha256((bundle / "weights.pt").read_bytes()).hexdigest(), SUM)
        self.assertEqual(sorted(os.listdir(bundle)), ["vifi.json", "weights.pt"])
        self.assertEqual(os.listdir(bundle.parent), [bundle.name])

    def assert_refused(self, run, *texts):
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertEqual(run.stdout, "")
        self.assertFalse(self.bundle.exists())
        for text in (*texts, "\n  hint: "):
            self.assertIn(text, run.stderr)

    def parts(self):
        """What is kept of unfinished downloads."""
        return [path for path in self.models.iterdir()] if self.models.exists() else []

    def wait_for_part(self, process, size):
        """Until the running command has brought so many bytes."""
        while not any(path.stat().st_size == size for path in self.parts()):
            with self.assertRaises(subprocess.TimeoutExpired):
                process.wait(timeout=0.02)

    # What goes well

    def test_a_file_becomes_a_bundle_that_tells_where_it_comes_from(self):
        with Server(FILE) as server:
            self.assert_fetched(self.fetch(server))
            bundle = json.loads((self.bundle / "vifi.json").read_text())
            self.assertEqual(bundle, {
                "format": "vifi-bundle", "version": 1, "weights": "weights.pt",
                "provenance": {"source": server.address + "/models/weights.pt", "sha256": SUM}})

    def test_what_is_there_is_verified_and_not_fetched_again(self):
        with Server(FILE) as server:
            self.assert_fetched(self.fetch(server))
            self.assert_fetched(self.fetch(server))
            self.assertEqual(len(server.requests), 1)

    def test_json_tells_what_was_done(self):
        with Server(FILE) as server:
            run = self.fetch(server, "--json", "--name", "Mine/1")
            self.assertEqual(json.loads(run.stdout), {
                "folder": str(self.models / "Mine-1"), "weights": str(self.models / "Mine-1" / "weights.pt"),
                "sha256": SUM, "bytes": len(FILE), "downloaded": len(FILE), "was_there": False})

    def test_another_folder_than_the_cache(self):
        with Server(FILE) as server:
            target = self.folder / "new" / "bundle"
            self.assert_fetched(self.fetch(server, "--output", str(target) + "/"), target)

    def test_a_damaged_bundle_is_mended_and_keeps_its_settings(self):
        with Server(FILE) as server:
            self.assert_fetched(self.fetch(server))
            text = (self.bundle / "vifi.json").read_text().replace('"version": 1', '"version": 1, "labels": ["x"]')
            (self.bundle / "vifi.json").write_text(text)
            (self.bundle / "weights.pt").write_bytes(FILE[:-1] + b"?")
            self.assert_fetched(self.fetch(server))
            self.assertEqual((self.bundle / "vifi.json").read_text(), text)

    def test_published_weights_are_asked_for_by_their_sum(self):
        with Server(FILE) as server:
            run = self.run_fetch("vit-b/16", "--mirror", server.address + "/mirror/")
            self.assertEqual(server.requests[0][0], f"/mirror/{VIT_B_16}/ViT-B-16.pt")
            self.assertEqual(run.returncode, 1)
            self.assertIn(f"expected sha256 {VIT_B_16}, got {SUM}", run.stderr)
            self.assertEqual(self.parts(), [])

    def test_the_list_tells_what_is_there(self):
        (self.models / "ViT-B-16").mkdir(parents=True)
        lines = self.run_fetch("--list").stdout.splitlines()
        self.assertEqual(len(lines), 9)
        self.assertIn(str(self.models / "ViT-B-16"), next(line for line in lines if line.startswith("ViT-B/16 ")))
        self.assertIn("not fetched", next(line for line in lines if line.startswith("ViT-L/14@336px ")))
        models = json.loads(self.run_fetch("--list", "--json").stdout)
        self.assertEqual({len(model["sha256"]) for model in models}, {64})

    def test_a_fetched_model_is_found_by_its_name(self):
        weights = (MINI / "model.safetensors").read_bytes()
        with Server(weights) as server:
            run = self.run_fetch(server.address + "/model.safetensors", "--sha256", hashlib.sha256(weights).hexdigest(),
                                 "--name", "Mini/64")
            self.assertEqual(run.returncode, 0, run.stderr)
        if not os.path.exists(os.path.join(os.environ["VIFI_ENGINE_DIR"], "libvifi-torch.so")):
            self.skipTest("this build has no engine")
        found = subprocess.run([TOOL, "inspect", "--json", "Mini/64"], env=self.environment(), capture_output=True, text=True)
        self.assertEqual(found.returncode, 0, found.stderr)
        self.assertEqual(json.loads(found.stdout)["name"], "Mini-64")
        missing = subprocess.run([TOOL, "inspect", "Mini/65"], env=self.environment(), capture_output=True, text=True)
        self.assertEqual(missing.returncode, 1)
        self.assertIn("vifi fetch --list", missing.stderr)

    def test_a_proxy_of_the_environment_is_used(self):
        with Server(FILE) as proxy:
            run = self.run_fetch("http://weights.invalid/weights.pt", "--sha256", SUM, http_proxy=proxy.address)
            self.assert_fetched(run)
            self.assertEqual(proxy.requests[0][0], "http://weights.invalid/weights.pt")

    def test_redirections_are_followed(self):
        with Server(FILE) as server:
            server.script = [Step(status=302, body=b"", headers={"Location": server.address + "/elsewhere"})]
            self.assert_fetched(self.fetch(server))

    def test_secrets_of_an_address_are_not_kept(self):
        with Server(FILE) as server:
            address = server.address.replace("//", "//me:secret@") + "/weights.pt?token=secret"
            self.assert_fetched(self.run_fetch(address, "--sha256", SUM))
            self.assertNotIn("secret", (self.bundle / "vifi.json").read_text())

    # HTTPS

    def certificate(self):
        """A key and a certificate for this machine's address that nobody vouches for."""
        path = self.folder / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2",
                        "-keyout", self.folder / "key.pem", "-out", path], check=True, capture_output=True)
        path.write_text(path.read_text() + (self.folder / "key.pem").read_text())
        return path

    def test_an_encrypted_download_of_a_trusted_server(self):
        with Server(FILE, Step(send=1_000_000), certificate=self.certificate()) as server:
            for variable in ("CURL_CA_BUNDLE", "SSL_CERT_FILE"):
                trusted = {"CURL_CA_BUNDLE": "", variable: str(self.folder / "certificate.pem")}
                self.assert_fetched(self.fetch(server, **trusted))
                shutil.rmtree(self.models)
            self.assertEqual(server.ranges()[:2], [None, "bytes=1000000-"])

    def test_a_server_that_nobody_vouches_for_is_not_believed(self):
        with Server(FILE, certificate=self.certificate()) as server:
            run = self.fetch(server, CURL_CA_BUNDLE="", SSL_CERT_FILE="")
            self.assert_refused(run, "certificate", "CURL_CA_BUNDLE")
            self.assertEqual(server.requests, [])

    def test_an_encrypted_address_never_leads_to_a_plain_one(self):
        with Server(FILE) as plain, Server(FILE, certificate=self.certificate()) as server:
            server.script = [Step(status=302, body=b"", headers={"Location": plain.address + "/weights.pt"})]
            self.assert_refused(self.fetch(server, CURL_CA_BUNDLE=str(self.folder / "certificate.pem")))
            self.assertEqual(plain.requests, [])

    # A connection that fails

    def test_a_cut_connection_goes_on_where_it_ended(self):
        with Server(FILE, Step(send=1_000_000), Step(send=500_000)) as server:
            run = self.fetch(server)
            self.assert_fetched(run)
            self.assertEqual(server.ranges(), [None, "bytes=1000000-", "bytes=1500000-"])
            self.assertIn("trying again from byte 1000000", run.stderr)

    def test_many_cuts_do_not_matter_while_each_try_brings_something(self):
        with Server(FILE, *[Step(send=100_000) for _ in range(20)]) as server:
            self.assert_fetched(self.fetch(server, "--attempts", "2"))

    def test_tries_that_bring_nothing_end_and_the_next_command_resumes(self):
        with Server(FILE, Step(send=1_000_000), *[Step(send=0) for _ in range(3)]) as server:
            self.assert_refused(self.fetch(server, "--attempts", "3"), "tried 3 times", "goes on from the 1000000 bytes")
            self.assertEqual([path.stat().st_size for path in self.parts()], [1_000_000])
            self.assert_fetched(self.fetch(server))
            self.assertEqual(server.ranges()[-1], "bytes=1000000-")

    def test_a_killed_download_is_resumed(self):
        with Server(FILE, Step(send=1_000_000, stall=True)) as server:
            process = subprocess.Popen(self.command(server.address + "/weights.pt", "--sha256", SUM),
                                       env=self.environment(), stderr=subprocess.DEVNULL)
            self.wait_for_part(process, 1_000_000)
            process.kill()
            process.wait()
            self.assertFalse(self.bundle.exists())
            self.assert_fetched(self.fetch(server))
            self.assertEqual(server.ranges(), [None, "bytes=1000000-"])

    def test_a_cut_chunked_answer_is_noticed(self):
        with Server(FILE, Step(chunked=True, send=1_000_000), Step(chunked=True)) as server:
            self.assert_fetched(self.fetch(server))

    def test_a_server_that_stalls_is_left_and_asked_again(self):
        with Server(FILE, Step(send=2_000_000, stall=True)) as server:
            run = self.fetch(server, "--timeout", "1")
            self.assert_fetched(run)
            self.assertEqual(server.ranges(), [None, "bytes=2000000-"])
            self.assertIn("nothing came for 1 s", run.stderr)

    def test_a_server_that_is_busy_is_asked_again(self):
        with Server(FILE, Step(status=503, body=b"busy"), Step(status=429, body=b"", headers={"Retry-After": "0"})) as server:
            self.assert_fetched(self.fetch(server))

    def test_nobody_there_is_said_at_once(self):
        with Server(FILE) as server:
            pass
        self.assert_refused(self.fetch(server), "127.0.0.1")
        self.assertEqual(self.parts(), [])

    # A server that sends something else

    def test_a_wrong_sum_leaves_nothing(self):
        with Server(FILE) as server:
            self.assert_refused(self.fetch(server, sum="0" * 64), f"expected sha256 {'0' * 64}, got {SUM}")
            self.assertEqual(len(server.requests), 1)
        self.assertEqual(self.parts(), [])

    def test_a_page_with_status_200_is_no_file(self):
        for type in ("text/html; charset=utf-8", "application/octet-stream"):
            with Server(PAGE, Step(type=type)) as server:
                self.assert_refused(self.fetch(server), "web page")
            self.assertEqual(self.parts(), [])

    def test_a_page_in_mid_download_destroys_nothing(self):
        with Server(FILE, Step(send=1_000_000), Step(body=PAGE, ignore_range=True, type="text/html")) as server:
            self.assert_refused(self.fetch(server), "web page")
            self.assert_fetched(self.fetch(server))
            self.assertEqual(server.ranges()[-1], "bytes=1000000-")

    def test_a_server_without_ranges_sends_it_all_again(self):
        with Server(FILE, Step(send=1_000_000), Step(ignore_range=True)) as server:
            run = self.fetch(server)
            self.assert_fetched(run)
            self.assertIn("sends the whole file again", run.stderr)

    def test_a_server_without_ranges_that_always_cuts_does_not_go_on_for_ever(self):
        with Server(FILE, *[Step(send=1_000_000, ignore_range=True) for _ in range(9)]) as server:
            self.assert_refused(self.fetch(server, "--attempts", "3"), "tried 3 times")
            self.assertEqual(len(server.requests), 4)

    def test_a_range_that_was_not_asked_for_is_not_appended(self):
        with Server(FILE, Step(send=1_000_000), Step(headers={"Content-Range": f"bytes 5-{len(FILE) - 1}/{len(FILE)}"})) as server:
            run = self.fetch(server)
            self.assert_fetched(run)
            self.assertIn("does not fit the file of the server", run.stderr)

    def test_a_file_that_changed_meanwhile_is_fetched_from_its_beginning(self):
        with Server(FILE, Step(body=FILE[::-1], send=1_000_000)) as server:
            run = self.fetch(server)
            self.assert_fetched(run)
            self.assertEqual(server.ranges(), [None, "bytes=1000000-", None])

    def test_a_file_that_is_shorter_than_what_is_there_is_fetched_from_its_beginning(self):
        with Server(FILE, Step(body=FILE + FILE, send=4_000_000)) as server:
            self.assert_fetched(self.fetch(server))
            self.assertEqual(server.ranges(), [None, "bytes=4000000-", None])

    def test_a_file_that_always_changes_ends(self):
        with Server(FILE, *[Step(body=bytes([i]) * 3_000_000, send=1_000_000) for i in range(9)]) as server:
            self.assert_refused(self.fetch(server, "--attempts", "2"), "hint")

    def test_a_missing_file_is_said_at_once(self):
        for status, text in ((404, "404 (not found)"), (403, "403 (forbidden)")):
            with Server(FILE, Step(status=status, body=PAGE)) as server:
                self.assert_refused(self.fetch(server), text)
                self.assertEqual(len(server.requests), 1)

    def test_an_empty_file_is_refused(self):
        with Server(b"") as server:
            self.assert_refused(self.fetch(server), "expected sha256")

    def test_an_address_of_another_kind_is_not_followed(self):
        with Server(FILE, Step(status=302, body=b"", headers={"Location": "file:///etc/passwd"})) as server:
            self.assert_refused(self.fetch(server), "rotocol")

    # The disk

    def test_a_full_disk_keeps_what_fitted(self):
        def small_files():  # the limit's signal would end the process before it could speak
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

        with Server(FILE) as server:
            run = subprocess.run(self.command(server.address + "/weights.pt", "--sha256", SUM), env=self.environment(),
                                 preexec_fn=small_files, restore_signals=False, capture_output=True, text=True)
            self.assert_refused(run, "File too large", "free some space")
            self.assert_fetched(self.fetch(server))
            self.assertEqual(server.ranges(), [None, "bytes=1000000-"])

    def test_a_disk_without_room_is_said_before_it_is_full(self):
        """In mounts of its own, where the system allows that: a disk of 2 MB."""
        disk = self.folder / "disk"
        disk.mkdir()
        command = (["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]) + [
            "sh", "-c", 'mount -t tmpfs -o size=2m none "$0" && echo mounted >&2 && "$@"; status=$?; ls -A "$0/vifi/models"; exit $status', str(disk)]
        for step, text in ((Step(), "has room for"), (Step(chunked=True), "No space left on device")):
            with Server(FILE, step) as server:
                run = subprocess.run(command + self.command(server.address + "/weights.pt", "--sha256", SUM),
                                     env=self.environment(XDG_CACHE_HOME=str(disk)), capture_output=True, text=True)
                if "mounted" not in run.stderr:
                    self.skipTest("no mounts here: " + run.stderr.strip())
                self.assertEqual(run.returncode, 1, run.stderr)
                self.assertIn(text, run.stderr)
                self.assertIn("free some space", run.stderr)
                self.assertNotIn("\nweights\n", "\n" + run.stdout)

    # What stands in the way

    def test_another_folder_is_never_touched(self):
        self.bundle.mkdir(parents=True)
        (self.bundle / "diary.txt").write_text("mine")
        with Server(FILE) as server:
            run = self.fetch(server)
            self.assertEqual(run.returncode, 1)
            self.assertIn("is there and no bundle", run.stderr)
            self.assertEqual(os.listdir(self.bundle), ["diary.txt"])
            self.assertEqual(server.requests, [])

    def test_a_bundle_of_other_weights_is_never_touched(self):
        with Server(FILE) as server:
            self.assert_fetched(self.fetch(server))
            run = self.fetch(server, sum="1" * 64)
            self.assertEqual(run.returncode, 1)
            self.assertIn("is a bundle of other weights", run.stderr)
            self.assertIn("--name", run.stderr)
            self.assertEqual(hashlib.sha256((self.bundle / "weights.pt").read_bytes()).hexdigest(), SUM)

    def test_two_at_once_fetch_once(self):
        with Server(FILE, Step(send=1_000_000, stall=True)) as server:
            arguments = self.command(server.address + "/weights.pt", "--sha256", SUM, "--timeout", "2")
            first = subprocess.Popen(arguments, env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.wait_for_part(first, 1_000_000)
            second = self.run_fetch(*arguments[4:])
            out, err = first.communicate(timeout=60)
            self.assertEqual(first.returncode, 0, err)
            self.assertEqual(out, second.stdout)
            self.assert_fetched(second)
            self.assertEqual(server.ranges(), [None, "bytes=1000000-"])

    # Wrong use

    def test_an_address_needs_a_sum(self):
        with Server(FILE) as server:
            self.assert_refused(self.run_fetch(server.address + "/weights.pt"), "--sha256")
            self.assert_refused(self.run_fetch(server.address + "/weights.pt", "--sha256", "12"), "64 hexadecimal digits")
            self.assertEqual(server.requests, [])

    def test_an_unknown_name_lists_the_known_ones(self):
        self.assert_refused(self.run_fetch("ViT-B/17"), "ViT-B/16, ViT-L/14")

    def test_a_published_name_with_another_sum_is_refused(self):
        self.assert_refused(self.run_fetch("ViT-B/16", "--sha256", SUM), VIT_B_16)

    def test_without_a_home_a_folder_must_be_named(self):
        self.assert_refused(self.run_fetch("ViT-B/16", HOME="", XDG_CACHE_HOME=""), "--output")

    def test_nothing_to_fetch_is_wrong_use(self):
        self.assertEqual(self.run_fetch().returncode, 2)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
