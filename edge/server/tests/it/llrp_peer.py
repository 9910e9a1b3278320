"""llrpkit at the other end: `emulate` is a reader for our host, `inventory PORT EPC` a host for our reader.

`emulate` prints "port N", then a line for each thing it notices of its host. Its tags stand for a seal that is whole, one
that is broken and one without a tamper loop. It ends when its input ends.
`inventory PORT EPC` prints one JSON object: what the reader can do, the tags it read, and what it read of their memories,
last of the tag EPC.
"""

import asyncio
import json
import sys

from llrpkit import Reader
from llrpkit.emulator import EmulatedTag, LLRPEmulator
from llrpkit.protocol import messages

WHOLE, BROKEN, BARE = (bytes.fromhex("3414257BF40C0E40000000" + end) for end in ("01", "02", "03"))
TAMPER_WORDS = {WHOLE: b"\x40\x40", BROKEN: b"\xc0\x40"}


class Gate(LLRPEmulator):
    def _bank_bytes(self, epc, mb):
        bank = super()._bank_bytes(epc, mb)
        if mb == 1 and epc in TAMPER_WORDS:
            bank = bank.ljust(64, b"\0") + TAMPER_WORDS[epc]
        return bank

    async def _handle_message(self, msg):
        if not isinstance(msg, messages.KEEPALIVE_ACK):
            print("asked", type(msg).__name__, flush=True)
        await super()._handle_message(msg)


async def emulate():
    tags = [EmulatedTag(epc, (antenna,), -50.0 - antenna) for antenna, epc in enumerate((WHOLE, BROKEN, BARE), 1)]
    async with Gate(tags=tags, reads_per_sec=20.0, seed=7) as gate:
        print("port", gate.port, flush=True)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            match line.split():
                case ["acks"]:
                    print("acks", gate.keepalive_acks, flush=True)
                case ["cut", antenna]:
                    await gate.set_antenna_connected(int(antenna), False)
                case ["input", port]:
                    await gate.set_gpi(int(port), True)
                case ["drop"]:
                    gate._writer.close()
                case ["hush"]:
                    gate._stop_keepalive()
                    gate._stop_reporting()


async def inventory(port):
    found = {"tags": {}, "memory": []}
    async with Reader("127.0.0.1", port) as reader:
        found["antennas"] = reader.max_antennas
        found["firmware"] = reader.firmware
        found["powers"] = reader.capabilities.power_index_for_dbm(20.0)
        async for tag in reader.inventory(duration=2.0):
            found["tags"].setdefault(tag.epc.hex(), {"antenna": tag.antenna, "rssi": tag.rssi_dbm})
        # Whichever tag is there answers, and then one that is waited for.
        reads = [("tid", 0, 6, None), ("epc", 0x20, 1, None), ("user", 0, 2, None), ("tid", 0, 6, sys.argv[3])]
        for bank, pointer, count, epc in reads:
            result = await reader.read_memory(
                bank=bank, word_pointer=pointer, word_count=count, target_epc=epc, timeout=45.0
            )
            data = result.data.hex() if result.data else None
            found["memory"].append({"epc": result.epc.hex(), "bank": bank, "status": result.status, "data": data})
        await reader.set_keepalive(200)
        await asyncio.sleep(0.7)
        found["connected"] = reader.client.connected
    print(json.dumps(found))


if sys.argv[1] == "emulate":
    asyncio.run(emulate())
else:
    asyncio.run(inventory(int(sys.argv[2])))
