// Places of the demonstration: the roads that simulated trucks take, with checkpoints, a restricted zone and a gap.
import { readFileSync } from "node:fs";

const ROADS = new URL(
  "../tools/simulator/data/land-corridors.txt",
  import.meta.url,
);
const WIDTH_M = 20_000;
/** Halts of so many minutes are checkpoints. */
const CHECKPOINT_MIN = 90;
const DEGREE_KM = 111;
/** A device farther from every road than this is on a ship. */
const NEAR_KM = 100;

const slug = (text) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

function circle(id, kind, name, [longitude, latitude], radius_m) {
  return {
    type: "Feature",
    id,
    properties: { kind, name, radius_m },
    geometry: { type: "Point", coordinates: [longitude, latitude] },
  };
}

export function demoPlaces() {
  const places = new Map();
  for (const block of readFileSync(ROADS, "utf8").split(/^> /m).slice(1)) {
    const [title, ...lines] = block.trim().split("\n");
    const name = title.split(":")[0];
    const towns = lines.map((line) => line.trim().split(/\s+/));
    const coordinates = towns.map(([latitude, longitude]) => [
      Number(longitude),
      Number(latitude),
    ]);
    const geometry = { type: "LineString", coordinates };
    const properties = { kind: "route", name, width_m: WIDTH_M };
    places.set(slug(name), {
      type: "Feature",
      id: slug(name),
      properties,
      geometry,
    });
    for (const [place, [, , ...words]] of towns.entries()) {
      const stop = words.indexOf("stop");
      if (stop < 0 || Number(words[stop + 1]) < CHECKPOINT_MIN) continue;
      const town = words.slice(0, stop).join(" ");
      places.set(
        slug(town),
        circle(slug(town), "checkpoint", town, coordinates[place], 5_000),
      );
    }
  }
  for (const [id, kind, name, at, radius] of [
    [
      "naivasha-yards",
      "restricted",
      "Naivasha yards",
      [36.4333, -0.7167],
      8_000,
    ],
    ["tsavo-gap", "gap", "Tsavo, no network", [38.3, -3.0], 45_000],
  ])
    places.set(id, circle(id, kind, name, at, radius));
  return [...places.values()];
}

/** The identifier of the road that a device is on, roughly; none where it is at sea. */
export function nearestRoute(places, position) {
  if (!position) return undefined;
  let best = { km: NEAR_KM };
  for (const { id, properties, geometry } of places) {
    if (properties.kind !== "route") continue;
    for (const [place, [x2, y2]] of geometry.coordinates.entries()) {
      const [x1, y1] = geometry.coordinates[Math.max(0, place - 1)];
      const [dx, dy] = [x2 - x1, y2 - y1];
      const along =
        ((position.longitude - x1) * dx + (position.latitude - y1) * dy) /
        (dx * dx + dy * dy || 1);
      const share = Math.min(1, Math.max(0, along));
      const km =
        Math.hypot(
          position.longitude - x1 - share * dx,
          position.latitude - y1 - share * dy,
        ) * DEGREE_KM;
      if (km < best.km) best = { km, id };
    }
  }
  return best.id;
}
