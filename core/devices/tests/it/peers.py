"""What bthome-ble and theengsdecoder make of adverts: JSON lines in, JSON lines out.

In: {"mac", "service": hex of the service data of FCD2, "key": hex or null} or {"mac", "manufacturer": hex}.
Out: {"bthome": {name: value}, "verified": bool, "theengs": object or null}.
"""

import json
import sys
from types import SimpleNamespace

import TheengsDecoder
from bthome_ble import BTHomeBluetoothDeviceData

UUID = "0000fcd2-0000-1000-8000-00805f9b34fb"


def bthome(advert):
    data = bytes.fromhex(advert["service"])
    key = advert.get("key")
    parser = BTHomeBluetoothDeviceData(bindkey=bytes.fromhex(key) if key else None)
    info = SimpleNamespace(
        name="peer", address=advert["mac"], rssi=-60, manufacturer_data={}, service_data={UUID: data},
        service_uuids=[UUID], source="peer", device=None, advertisement=None, connectable=False, time=0.0, tx_power=None,
        raw=None,
    )
    update = parser.update(info)
    values = {k.key: v.native_value for k, v in update.entity_values.items() if k.key != "signal_strength"}
    values |= {k.key: v.native_value for k, v in update.binary_entity_values.items()}
    return {k: v for k, v in values.items() if isinstance(v, (int, float, str, bool))}, parser.bindkey_verified


for line in sys.stdin:
    advert = json.loads(line)
    answer = {"bthome": {}, "verified": False}
    message = {"id": advert["mac"]}
    if "service" in advert:
        answer["bthome"], answer["verified"] = bthome(advert)
        message |= {"servicedatauuid": "0xfcd2", "servicedata": advert["service"]}
    else:
        message["manufacturerdata"] = advert["manufacturer"]
    decoded = TheengsDecoder.decodeBLE(json.dumps(message))
    answer["theengs"] = json.loads(decoded) if decoded else None
    print(json.dumps(answer))
