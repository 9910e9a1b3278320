/** Longitude as the x of web mercator, 0 to 1 from west to east. */
export function mercatorX(longitude: number): number {
  return (longitude + 180) / 360;
}

/** Latitude as the y of web mercator, 0 to 1 from north to south. */
export function mercatorY(latitude: number): number {
  const clipped = Math.min(85.051129, Math.max(-85.051129, latitude));
  const radians = (clipped * Math.PI) / 180;
  return 0.5 - Math.log(Math.tan(Math.PI / 4 + radians / 2)) / (2 * Math.PI);
}

export function longitudeOf(x: number): number {
  return x * 360 - 180;
}

export function latitudeOf(y: number): number {
  return (360 / Math.PI) * Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) - 90;
}
