// Declares movements on a running demonstration and takes them as far as a day at a border post does: drafts, some under
// way with devices of the fleet, one that arrived well and is discharged, one whose seal was cut.
import { readFileSync } from "node:fs";
import { demoPlaces, nearestRoute } from "./demo-places.mjs";

const [base, logIns] = process.argv.slice(2);
const words = readFileSync(logIns, "utf8")
  .split("\n")
  .map((line) => line.trim().split(/\s+/));
const [name, password] = words
  .find((line) => line.includes("operator"))
  .slice(-2);
const WAIT_S = 120;
let token = "";

async function call(method, path, body) {
  const response = await fetch(`${base}/api/v1${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/json",
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok)
    throw new Error(`${method} ${path}: ${answer.detail ?? response.status}`);
  return answer;
}

/** The check digit of ISO 6346, so that every container has a number of its own. */
function container(serial) {
  const text = `PLMU${String(serial).padStart(6, "0")}`;
  const value = (c) => {
    if (c >= "0" && c <= "9") return Number(c);
    const place = c.charCodeAt(0) - 65;
    return 10 + place + (c >= "B") + (c >= "L") + (c >= "V");
  };
  const sum = [...text].reduce(
    (total, c, place) => total + value(c) * 2 ** place,
    0,
  );
  return text + ((sum % 11) % 10);
}

const DRAFTS = 3;
const ROUTES = [
  ["eac", "KEMBA", "UGKLA", "1701.99", "sugar"],
  ["eac", "KEMBA", "RWKGL", "8703.23", "cars"],
  ["zw", "ZWFBM", "ZWCHI", "2710.12", "petrol"],
  ["eaeu", "BYBTS", "KZALA", "2402.20", "cigarettes"],
  ["eu", "NLRTM", "CHBSL", "0901.21", "coffee"],
  ["in", "INNSA", "NPBRG", "8517.13", "telephones"],
];

async function declare(serial, route = "") {
  const [policy, departure, destination, hs, description] =
    ROUTES[serial % ROUTES.length];
  const limit = new Date(
    Date.now() + (24 + 12 * (serial % 5)) * 3_600_000,
  ).toISOString();
  return call("POST", "/movements", {
    lrn: `DEMO-${String(serial).padStart(4, "0")}`,
    policy,
    holder: { name: "Demo Forwarders", id: `HOLDER${serial % 4}` },
    consignee: { name: "Demo Stores" },
    carrier: {
      name: ["Northern Haulage", "Lake Transport", "Corridor Lines"][
        serial % 3
      ],
    },
    goods: [{ hs, description, gross_kg: 18_000 + 250 * serial }],
    duty: `${12_000 + 500 * serial} USD`,
    guarantee: `G-${1000 + serial}`,
    guaranteed: `${15_000 + 500 * serial} USD`,
    unit: [{ number: container(100_000 + serial) }],
    departure,
    destination,
    route,
    limit,
  });
}

const step = (movement, name, fields = {}) =>
  call("POST", `/movements/${movement.id}/steps/${name}`, fields);

/** Locks of ours that have reported. */
async function locks(count) {
  for (let second = 0; second < WAIT_S; second += 2) {
    const { items } = await call("GET", "/devices?limit=100");
    const fit = items.filter(
      ({ id, standing }) =>
        id.startsWith("jointech:") && standing === "in-service",
    );
    if (fit.length >= count) return fit.slice(0, count);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
  return [];
}

async function armed(serial, device, route) {
  const movement = await declare(serial, route);
  await step(movement, "submit");
  await step(movement, "accept", {
    mrn: `26DEMO${String(serial).padStart(6, "0")}`,
  });
  await step(movement, "book", { class: "active" });
  const arm = { unit: movement.units[0], device, reason: "demonstration" };
  return step(movement, "arm", arm);
}

token = (await call("POST", "/session", { name, password })).token;
const known = await call("GET", "/movements?search=DEMO-");
if (known.total > 0) process.exit(0);
const places = demoPlaces();
await call("POST", "/places/import", {
  type: "FeatureCollection",
  features: places,
});
let serial = 1;
for (; serial <= DRAFTS; serial++) await declare(serial);
const devices = await locks(10);
for (const [place, { id: device, position }] of devices.entries()) {
  // One takes another road than it declared.
  const right = nearestRoute(places, position);
  const wrong = places.find(
    ({ id, properties }) => properties.kind === "route" && id !== right,
  )?.id;
  const movement = await armed(
    serial++,
    device,
    (place === 4 ? wrong : right) ?? "",
  );
  if (place === 0) continue;
  await step(movement, "depart", { place: movement.departure });
  if (place === 1) {
    await step(movement, "arrive", { place: movement.destination });
    const whole = await step(movement, "verify").then(
      () => true,
      () => false,
    );
    if (!whole) continue;
    const bare = await step(movement, "remove", { seal: device });
    // By some policies a clean movement is discharged without a person.
    if (bare.state === "disarmed") await step(movement, "discharge");
  } else if (place === 3) {
    // It waits for a second person.
    await step(movement, "authorise-opening", {
      seal: device,
      until: new Date(Date.now() + 4 * 3_600_000).toISOString(),
      way: "card",
      reason: "the scanner saw a hollow space",
    });
  } else if (place === 2) {
    await step(movement, "incident", {
      code: "2",
      text: "hit by a crane at the weighbridge",
      place: "Malaba",
    });
    await step(movement, "intercept", { reason: "seal cut" });
    await step(movement, "inspect", { finding: "rope cut, 40 bags missing" });
    await step(movement, "reseal", {
      unit: movement.units[0],
      old: device,
      new: "ML-TM 004711",
    });
    await step(movement, "resume");
    await step(movement, "arrive", { place: movement.destination });
    await step(movement, "differ", {
      text: "another seal than the one that was armed",
    });
  }
}
