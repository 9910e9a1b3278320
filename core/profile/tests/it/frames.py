"""Frames of the profile, written by the implementations of others: cbor2, pycose, aiocoap, lakers.

Prints vectors/profile/plomb-coap.jsonl or plomb-mqtt.jsonl without what is expected of each line.
"""

import json
import sys

import cbor2
from aiocoap import Code, Message, Type, oscore
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pycose.headers import IV, KID, Algorithm, ContentType
from pycose.keys import EC2Key, SymmetricKey
from pycose.messages import Enc0Message, Mac0Message, Sign1Message

DEVICE, PLATFORM = bytes.fromhex("0a0b0c"), b"\x10"
MASTER, SALT = bytes.fromhex("0102030405060708090a0b0c0d0e0f10"), bytes.fromhex("9e7ca92223786340")
PRIVATE = 0x1F2E3D4C5B6A79880716253443526170_8F9EADBCCBDAE9F80A1B2C3D4E5F6071
POINT = ec.derive_private_key(PRIVATE, ec.SECP256R1()).public_key().public_numbers()
X, Y = POINT.x.to_bytes(32, "big"), POINT.y.to_bytes(32, "big")
SIGNER = EC2Key(crv="P_256", d=PRIVATE.to_bytes(32, "big"), x=X, y=Y)
KEYS = [
    f"oscore-master {DEVICE.hex()} {MASTER.hex()} {SALT.hex()}",
    f"device-public-key {DEVICE.hex()} 04{X.hex()}{Y.hex()}",
]
TIME = 1795694400
SENML = 112


def derived(label, length):
    return HKDF(SHA256(), length, SALT, cbor2.dumps([label, DEVICE])).derive(MASTER)


def record(name, value, unit=None, time=None):
    label = {bool: 4, str: 3, bytes: 8}.get(type(value), 2)
    made = {0: name, label: value}
    if unit:
        made[1] = unit
    if time is not None:
        made[6] = time
    return made


def pack(seq, *records, name=None, time=TIME):
    head = {}
    if name:
        head[-2] = f"plomb:{name}:"
    if time:
        head[-3] = time
    numbered = [record("seq", seq)] if seq is not None else []
    return cbor2.dumps(([head] if head else []) + numbered + list(records))


def place(lat, lon):
    return [record("lat", lat, "lat"), record("lon", lon, "lon")]


def headers(algorithm):
    return {Algorithm: algorithm, ContentType: SENML, KID: DEVICE}


def sign1(payload):
    return Sign1Message(phdr=headers("ES256"), payload=payload, key=SIGNER).encode()


def mac0(payload):
    key = SymmetricKey(k=derived("plomb mac0", 32))
    return Mac0Message(phdr=headers("HMAC_256"), payload=payload, key=key).encode()


def encrypt0(payload, nonce):
    key = SymmetricKey(k=derived("plomb encrypt0", 16))
    phdr = headers("AES_CCM_16_64_128")
    return Enc0Message(phdr=phdr, uhdr={IV: nonce}, payload=payload, key=key).encode()


class Context(oscore.CanProtect, oscore.CanUnprotect, oscore.SecurityContextUtils):
    """A security context that lives as long as the script."""

    def __init__(self, sequence, sender=DEVICE, master=MASTER):
        self.alg_aead = oscore.algorithms[oscore.DEFAULT_ALGORITHM]
        self.hashfun = oscore.hashfunctions[oscore.DEFAULT_HASHFUNCTION]
        self.sender_id, self.recipient_id, self.id_context = sender, PLATFORM, None
        self.derive_keys(SALT, master)
        self.sender_sequence_number = sequence
        self.recipient_replay_window = oscore.ReplayWindow(32, lambda: None)
        self.recipient_replay_window.initialize_empty()

    def post_seqnoincrease(self):
        pass


def coap(payload, path=("p",), code=Code.POST, content_format=SENML):
    return Message(code=code, uri_path=path, payload=payload, content_format=content_format)


def wire(message, mid):
    message.mtype, message.mid, message.token = Type.CON, mid, bytes([mid & 0xFF])
    return message.encode()


def plain(payload, mid, **more):
    return wire(coap(payload, **more), mid)


def protected(payload, sequence, sender=DEVICE, master=MASTER, **more):
    outer, _ = Context(sequence, sender, master).protect(coap(payload, **more))
    return wire(outer, 0x4000 + sequence)


SEAL = [record("s/rope_intact", True), record("s/never_opened", True), record("s/sealed", True)]
OPENED = [record("s/rope_intact", False), record("s/never_opened", False), record("a/rope-cut", True)]


def bodies():
    """What both carriers bring: id, note, body."""
    yield "position", "position with speed and charge", pack(
        1, *place(cbor2.CBORTag(4, [-4, -12966]), cbor2.CBORTag(4, [-4, 368172])),
        record("spd", 12.5, "m/s"), record("crs", 271.5), record("sat", 9), record("bat", 87, "%EL"),
        record("vbat", cbor2.CBORTag(4, [-3, 3612]), "V"), record("temp", 24.75, "Cel"), record("net", 61))
    yield "sealed", "the seal is whole", pack(2, *SEAL, record("arm", 17), record("cyc", 204))
    yield "cut", "the rope was cut", pack(3, *OPENED, *place(-1.2966, 36.8172))
    yield "unlocked", "opened by a card", pack(
        5, record("unl", "card"), record("unl/ok", True), record("card", "0012345678"), record("s/motor_locked", False))


def of_coap():
    for sequence, (name, note, body) in enumerate(bodies()):
        yield f"oscore-{name}", note + ", under OSCORE", protected(body, 20 + sequence)
    yield "oscore-signed", "signed under OSCORE", protected(sign1(pack(6, *OPENED)), 30)
    stored = [sign1(pack(7, *SEAL, record("buf", True), time=TIME - 7200)), pack(8, record("buf", True))]
    yield "oscore-stored", "two that were kept, one signed", protected(b"".join(stored), 31)
    yield "sign1", "signed, by a way that proves nothing", plain(sign1(pack(9, *OPENED)), 901)
    yield "encrypt0", "encrypted, by a way that proves nothing", plain(encrypt0(pack(10, *SEAL), bytes(12) + b"\x0a"), 902)
    beacon = [record("beacon", True), record("arm", 17)]
    yield "beacon", "the tamper beacon", plain(mac0(pack(None, *beacon, time=None)), 903)
    yield "claimed", "plain, of a device without keys", plain(pack(11, *place(0.5, 32.5), name="0d0e0f"), 904)
    yield "damaged", "one byte changed on the way", flipped(protected(pack(12), 33))
    yield "stranger", "no key of this identifier", protected(pack(13), 34, sender=b"\x77\x77")
    yield "unproved", "plain, of a device that has keys", plain(pack(14, *SEAL, name=DEVICE.hex()), 905)
    yield "cut-off", "the pack ends inside a record", protected(pack(15, *SEAL)[:-4], 35)
    yield "elsewhere", "a resource that is not there", plain(pack(16), 906, path=("sensors",))
    yield "header", "cut off in the header", plain(pack(17), 907)[:3]


def flipped(frame):
    return frame[:-2] + bytes([frame[-2] ^ 0x20]) + frame[-1:]


def of_mqtt():
    for name, note, body in bodies():
        yield f"sign1-{name}", note + ", signed", sign1(body)
    yield "encrypt0", "encrypted", encrypt0(pack(20, *SEAL), bytes(12) + b"\x14")
    inner = sign1(pack(21, *OPENED))
    yield "encrypt0-sign1", "signed, then encrypted", encrypt0(inner, bytes(12) + b"\x15")
    yield "mac0", "under a MAC", mac0(pack(22, *SEAL))
    yield "tagged", "behind the profile's tag", cbor2.dumps(cbor2.CBORTag(0x504C, cbor2.loads(sign1(pack(23)))))
    yield "claimed", "plain, of a device without keys", pack(24, *place(0.5, 32.5), name="0d0e0f")
    yield "unproved", "plain, of a device that has keys", pack(25, *SEAL)
    yield "damaged", "one byte changed on the way", flipped(sign1(pack(26)))
    yield "text", "no CBOR", b'{"seq": 27}'


def main(which):
    frames = of_coap() if which == "plomb-coap" else of_mqtt()
    for name, note, frame in frames:
        line = {"id": f"{which}.{name}", "origin": "synthetic", "note": note, "hex": frame.hex(), "keys": KEYS}
        if which == "plomb-mqtt":
            line["method"], line["uri"] = "PUBLISH", f"plomb-mqtt/{'0d0e0f' if name == 'claimed' else DEVICE.hex()}/p"
        print(json.dumps(line))


main(sys.argv[1])
