import type { KeyRight } from '../domain/rights';

/** English words of one's own account. */
export const account = {
  title: 'Your account',
  link: (name: string) => `Account ${name}`,
  role: (role: string) => `Role: ${role}`,
  password: 'Password',
  newPassword: 'New password',
  again: 'The same again',
  passwordHint:
    'At least 12 characters, without the name of the account. Other places where you are logged in end.',
  differs: 'The two are not the same.',
  change: 'Change the password',
  changed: 'The password is changed.',
  keys: 'Keys for programs',
  keysHint:
    'A key lets a program do what you choose, without your password. It ends by itself, and can be taken back here.',
  none: 'You have made no key.',
  label: 'What it is for',
  may: 'What it may do',
  days: 'Days until it ends',
  make: 'Make a key',
  made: 'The key',
  once: 'Copy it now: it is not shown again.',
  copy: 'Copy',
  takeBack: 'Take back',
  takeBackKey: (label: string) => `Take back the key ${label}`,
  until: 'until',
  used: 'last used',
  unused: 'never used',
  lacking: 'Say what it is for, and choose at least one thing that it may do.',
  rights: {
    read: 'Read',
    operate: 'Act on alarms and cases',
    order: 'Order devices',
    authorise: 'Authorise what opens a seal',
    move: 'Take steps of movements',
    draw: 'Draw places',
    assess: 'See the inspection queue',
    register: 'Change the register',
    exchange: 'Capture EPCIS events',
  } satisfies Record<KeyRight, string>,
};
