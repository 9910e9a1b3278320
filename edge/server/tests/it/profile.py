"""Devices of the open profile as others have built them: aiocoap with OSCORE, lakers with EDHOC.

    profile.py oscore PORT KEYS BODY...     KEYS: KID MASTER SALT in hex, parted by colons
    profile.py edhoc PORT KEYS BODY...      KEYS: KID, private key and the platform's credential in hex, parted by colons

Prints a line of JSON: the codes of the replies in order, and what is said of each.
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

import cbor2
import lakers
from aiocoap import Code, Context, Message, oscore
from cryptography.hazmat.primitives.asymmetric import ec

SENML, CID_EDHOC = 112, 65


def context_directory(sender, recipient, secret, salt):
    directory = Path(tempfile.mkdtemp())
    settings = {"sender-id_hex": sender, "recipient-id_hex": recipient, "salt_hex": salt}
    settings |= {"algorithm": "AES-CCM-16-64-128", "kdf-hashfun": "sha256"}
    (directory / "settings.json").write_text(json.dumps(settings))
    (directory / "secret.json").write_text(json.dumps({"secret_hex": secret}))
    return directory


async def report(client, port, context, bodies):
    """Reports under OSCORE: the code of each reply and the numbers that were used up."""
    client.client_credentials[f"coap://127.0.0.1:{port}/*"] = context
    codes = []
    for body in bodies:
        request = Message(
            code=Code.POST, uri=f"coap://127.0.0.1:{port}/p", payload=bytes.fromhex(body), content_format=SENML
        )
        response = await asyncio.wait_for(client.request(request).response, 20)
        codes.append(str(response.code.dotted))
    return {"codes": codes, "numbers": context.sender_sequence_number}


async def with_provisioned_keys(port, keys, bodies):
    kid, master, salt = keys.split(":")
    directory = context_directory(kid, "10", master, salt)
    client = await Context.create_client_context()
    context = oscore.FilesystemSecurityContext(str(directory))
    said = await report(client, port, context, bodies)
    await client.shutdown()
    return said


def credential(kid, private):
    """The claims set of docs/profile.md."""
    point = ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256R1()).public_key().public_numbers()
    key = {1: 2, 2: kid, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
    return cbor2.dumps({2: kid.hex(), 8: {1: key}})


async def with_edhoc(port, given, bodies):
    kid, private, platform = (bytes.fromhex(part) for part in given.split(":"))
    own, platform = lakers.Credential(credential(kid, private)), lakers.Credential(platform)
    client = await Context.create_client_context()

    async def exchange(payload):
        uri = f"coap://127.0.0.1:{port}/.well-known/edhoc"
        request = Message(code=Code.POST, uri=uri, payload=payload, content_format=CID_EDHOC)
        response = await asyncio.wait_for(client.request(request).response, 20)
        assert response.code is Code.CHANGED, (response, response.payload)
        return response.payload

    initiator = lakers.EdhocInitiator()
    c_i = b"\x05"
    message_1 = initiator.prepare_message_1(c_i=c_i)
    message_2 = await exchange(b"\xf5" + message_1)
    c_r, id_cred_r, _ead = initiator.parse_message_2(message_2)
    initiator.verify_message_2(private, own, lakers.credential_check_or_fetch(id_cred_r, platform))
    message_3, _prk = initiator.prepare_message_3(lakers.CredentialTransfer.ByReference, None)
    message_4 = await exchange(bytes([0x40 | len(c_r)]) + c_r + message_3)
    initiator.process_message_4(message_4)
    secret, salt = initiator.edhoc_exporter(0, [], 16), initiator.edhoc_exporter(1, [], 8)
    directory = context_directory(c_r.hex(), c_i.hex(), bytes(secret).hex(), bytes(salt).hex())
    said = await report(client, port, oscore.FilesystemSecurityContext(str(directory)), bodies)
    said["sizes"] = [len(message) for message in (message_1, message_2, message_3, message_4)]
    await client.shutdown()
    return said


def main(how, port, given, *bodies):
    speak = {"oscore": with_provisioned_keys, "edhoc": with_edhoc}[how]
    print(json.dumps(asyncio.run(speak(int(port), given, bodies))))


main(*sys.argv[1:])
