/** English words of the page behind a link, for people without an account. */
export const shared = {
  title: 'Shipment',
  whole: 'Seals whole',
  broken: 'A seal says that it was opened',
  where: 'Where',
  unknown: 'Nothing on it has told where it is yet.',
  journey: 'Journey',
  confirmed: 'confirmed by an authority',
  report: 'Report a breakdown or incident',
  what: 'What happened',
  told: 'In your words',
  send: 'Report',
  reported: 'It is on record, and the control centre sees it.',
};
