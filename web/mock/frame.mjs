// Bytes in the manner of a Jointech real-time report, with the fields they are read from.

const hex = (value, bytes) =>
  value
    .toString(16)
    .padStart(bytes * 2, '0')
    .slice(-bytes * 2);
const digits = (text, bytes) => text.padStart(bytes * 2, '0').slice(-bytes * 2);

export function frameOf(entry) {
  const at = new Date(entry.at).toISOString();
  const [date, time] = [
    at.slice(8, 10) + at.slice(5, 7) + at.slice(2, 4),
    at.slice(11, 19).replaceAll(':', ''),
  ];
  const status = entry.cut ? 0x00d8 : 0x00c0;
  const parts = [
    ['start', '24', '$'],
    ['terminal id', digits(entry.device.id.replace(/\D/g, ''), 5), entry.device.id.split(':')[1]],
    ['protocol version and type', '19', 'version 1, type 9'],
    ['length', hex(44, 2), '44 bytes'],
    ['date', date, at.slice(0, 10)],
    ['time', time, at.slice(11, 19)],
    ['latitude', hex(Math.round(Math.abs(entry.latitude) * 1e6), 4), entry.latitude.toFixed(6)],
    ['longitude', hex(Math.round(Math.abs(entry.longitude) * 1e6), 4), entry.longitude.toFixed(6)],
    ['position flags', '0F', 'GNSS fix, north, east'],
    ['speed', hex(Math.round(entry.speed / 1.852), 1), `${entry.speed.toFixed(1)} km/h`],
    ['course', hex(59, 1), '118°'],
    ['odometer', hex(4210, 4), '4210 km'],
    ['satellites', '07', '7'],
    ['vehicle id', '00000000', 'none'],
    [
      'status',
      hex(status, 2),
      entry.cut ? 'rope cut, rope inserted, motor locked' : 'rope inserted, motor locked',
    ],
    ['battery', hex(entry.battery, 1), `${entry.battery} %`],
    ['cell', hex(0x2f41, 4), '12097'],
    ['area', hex(0x0a1c, 2), '2588'],
    ['network signal', hex(Math.round((entry.percent * 31) / 100), 1), `${entry.percent} %`],
    ['fence number', '00', 'none'],
    ['reserved', '000000', ''],
    ['serial', hex(entry.entry & 255, 1), String(entry.entry & 255)],
  ];
  const fields = [];
  let [offset, text] = [0, ''];
  for (const [name, bytes, value] of parts) {
    fields.push({ offset, length: bytes.length / 2, name, value });
    text += bytes;
    offset += bytes.length / 2;
  }
  const word = fields.find(({ name }) => name === 'status');
  fields.splice(fields.indexOf(word) + 1, 0, {
    offset: word.offset + 1,
    length: 1,
    name: 'rope (bit 3)',
    value: entry.cut ? 'cut' : 'whole',
  });
  return { hex: text.toLowerCase(), fields };
}
