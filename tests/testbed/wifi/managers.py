# SPDX-License-Identifier: MIT
"""What each manager of Wi-Fi has configured, as its own files and tools tell. Runs in the device.

A manager has:

  configure(ssid, passphrase)   a network of the owner's, without Landfall
  configured()                  names (octets) that are there after a boot
  passphrases(ssid)             of what the disk has under that name, None for what has none
  on_trial(ssid)                is a network of that name tried, in memory or as the record says?
  half()                        what is there but would not be joined after a boot, in words
  join_timeout                  seconds for one attempt to join
  cannot                        cases of the contract that it has no means for, and why
"""
import codecs
import configparser
import pathlib
import re
import subprocess

import dbus

INTERFACE = "wlan0"


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode()


def octets(text):
    """The octets of a name as iw, wpa_cli and wpa_supplicant's P"..." escape them."""
    return codecs.decode(text, "unicode_escape").encode("latin-1")


def station():
    """Hardware address of the access point and own IPv4 address; None for what there is not."""
    # iw asks the kernel twice, and ends with an error when the link went away in between.
    told = subprocess.run(["iw", "dev", INTERFACE, "link"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout.decode()
    link = re.search(r"^Connected to (\S+)", told)
    address = re.search(r" inet ([0-9.]+)/", output("ip", "-4", "-o", "address", "show", INTERFACE))
    return link and link[1], address and address[1]


def ini(file):
    """A key file. Sections are missing where the power was lost while it was written."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(file.read_text("latin-1"))
    except (configparser.Error, FileNotFoundError):  # the latter: replaced in this moment
        pass
    return parser


class NetworkManager:
    name = "networkmanager"
    join_timeout = 45
    cannot = {}
    settings = "org.freedesktop.NetworkManager.Settings"

    def configure(self, ssid, passphrase):
        output("nmcli", "connection", "add", "type", "wifi", "con-name", "owner's", "ssid", ssid,
               "wifi-sec.key-mgmt", "wpa-psk", "wifi-sec.psk", passphrase)
        for _ in range(5):  # a handshake that fails on a busy machine is final to NetworkManager
            subprocess.run(["nmcli", "device", "wifi", "list", "--rescan", "yes"],
                           stdout=subprocess.DEVNULL)
            if subprocess.run(["nmcli", "connection", "up", "owner's"],
                              stdout=subprocess.DEVNULL).returncode == 0:
                break

    def profiles(self):
        """Name, file, whether it is joined by itself; of each infrastructure network."""
        bus = dbus.SystemBus()
        service = "org.freedesktop.NetworkManager"
        listing = bus.get_object(service, "/org/freedesktop/NetworkManager/Settings")
        for path in listing.ListConnections(dbus_interface=self.settings):
            profile = bus.get_object(service, path)
            try:
                about = profile.GetSettings(dbus_interface=self.settings + ".Connection")
                file = profile.Get(self.settings + ".Connection", "Filename",
                                   dbus_interface=dbus.PROPERTIES_IFACE)
            except dbus.exceptions.DBusException as error:
                if error.get_dbus_name() != "org.freedesktop.DBus.Error.UnknownMethod":
                    raise
                continue  # deleted since it was listed
            if about["connection"]["type"] != "802-11-wireless":
                continue
            yield (bytes(about["802-11-wireless"]["ssid"]), str(file),
                   about["connection"].get("autoconnect", True),
                   "bssid" in about["802-11-wireless"])

    def configured(self):
        return [name for name, file, _, _ in self.profiles() if file.startswith("/etc/")]

    @staticmethod
    def keys(folder, ssid):
        """Passphrases of the files that bear our name for it, or the name itself."""
        for file in pathlib.Path(folder, "NetworkManager/system-connections").glob("*"):
            if ssid in file.name or ini(file).get("wifi", "ssid", fallback=None) == ssid:
                yield ini(file).get("wifi-security", "psk", fallback=None)

    def passphrases(self, ssid):
        return list(self.keys("/etc", ssid))

    def on_trial(self, ssid):
        return any(self.keys("/run", ssid))

    def half(self):
        for name, file, automatic, locked in self.profiles():
            if not file.startswith("/etc/"):
                yield f"{name} is in memory only: {file}"
            if not automatic:
                yield f"{name} is not joined by itself"
            if locked:
                yield f"{name} is locked to one access point"


class WpaSupplicant:
    name = "wpa_supplicant"
    join_timeout = 45
    cannot = {}
    file = pathlib.Path("/etc/wpa_supplicant/wpa_supplicant-wlan0.conf")

    @staticmethod
    def cli(*words):
        answer = output("wpa_cli", "-i", INTERFACE, *words).strip()
        if answer.endswith("FAIL"):
            raise RuntimeError(f"wpa_cli {words}: {answer}")
        return answer

    def configure(self, ssid, passphrase):
        number = self.cli("add_network")
        self.cli("set_network", number, "ssid", f'"{ssid}"')
        self.cli("set_network", number, "psk", f'"{passphrase}"')
        self.cli("enable_network", number)
        self.cli("save_config")

    def blocks(self):
        """Settings of each network in the file."""
        for block in re.findall(r"^network=\{\n(.*?)^\}", self.file.read_text("latin-1"),
                                re.DOTALL | re.MULTILINE):
            yield dict(line.strip().split("=", 1) for line in block.splitlines() if "=" in line)

    @staticmethod
    def name_of(block):
        text = block["ssid"]
        if text.startswith('P"'):
            return octets(text[2:-1])
        return text[1:-1].encode("latin-1") if text.startswith('"') else bytes.fromhex(text)

    def configured(self):
        return [self.name_of(block) for block in self.blocks()]

    def passphrases(self, ssid):
        return [block.get("psk", "").strip('"') or None for block in self.blocks()
                if self.name_of(block) == ssid.encode()]

    def on_trial(self, ssid):
        listed = self.cli("list_networks").splitlines()[1:]
        return len([line for line in listed if octets(line.split("\t")[1]) == ssid.encode()]) > \
            len(self.passphrases(ssid))

    def half(self):
        for block in self.blocks():
            if block.get("disabled", "0") != "0":
                yield f"{self.name_of(block)} is disabled in the file"
            if "bssid" in block:
                yield f"{self.name_of(block)} is locked to one access point"
        listed = [line.split("\t") for line in self.cli("list_networks").splitlines()[1:]]
        names = [octets(line[1]) for line in listed]
        if sorted(names) != sorted(self.configured()):
            yield f"running with {names}, which is not what the file has"
        for line in listed:
            if "DISABLED]" in line[-1]:
                yield f"{line[1]} is {line[-1]}"


class Iwd:
    name = "iwd"
    cannot = {"odd": "iwd names networks in UTF-8 only",
              "utf8": "iwd takes passphrases in ASCII only",
              "short": "iwd takes passphrases of eight characters and more",
              "wep": "iwd joins no network with WEP",
              "tls": "iwd has no call that configures 802.1X",
              "named": "iwd chooses among access points of one name itself"}
    folder = pathlib.Path("/var/lib/iwd")
    record = pathlib.Path("/var/lib/landfall/provisioner/wifi-iwd.record")
    # Asking for a hidden name scans all channels of the simulated radio, twice when there is none.
    join_timeout = 90

    def configure(self, ssid, passphrase):
        file = self.folder / f"{ssid}.psk"
        file.write_text(f"[Security]\nPassphrase={passphrase}\n")

    def configured(self):
        return [bytes.fromhex(file.stem[1:]) if file.stem.startswith("=") else file.stem.encode()
                for file in self.folder.iterdir() if file.suffix in (".psk", ".open", ".8021x")]

    def passphrases(self, ssid):
        return [ini(file).get("Security", "Passphrase", fallback=None)
                for file in self.folder.glob(f"{ssid}.psk")]

    def on_trial(self, ssid):
        return self.record.exists() and \
            re.search(rf"^attempt {ssid.encode().hex()} ", self.record.read_text(), re.MULTILINE)

    def half(self):
        bus = dbus.SystemBus()
        manager = bus.get_object("net.connman.iwd", "/")
        known = []
        for interfaces in manager.GetManagedObjects(
                dbus_interface="org.freedesktop.DBus.ObjectManager").values():
            network = interfaces.get("net.connman.iwd.KnownNetwork")
            if network:
                known.append(str(network["Name"]))
                if not network["AutoConnect"]:
                    yield f"{network['Name']} is not joined by itself"
        if len(known) != len(self.configured()):
            yield f"knows {known}, which is not what the folder has"


MANAGERS = {manager.name: manager for manager in (NetworkManager, WpaSupplicant, Iwd)}


def current():
    """The one that testbed-manager says has the interface."""
    return MANAGERS[output("testbed-manager").strip()]()
