// Cuts the rope of a device of the mock server and says so when it is done.
//   node mock/cut.mjs <address of the mock> <device>
const [address, device] = process.argv.slice(2);
const answer = await fetch(`${address}/mock/cut?device=${device}`);
if (!answer.ok || (await answer.json()) === null) throw new Error(`${device} is not there`);
console.log(`sent ${device}`);
