/** What a key of a program may do, as the server names it. */
export type KeyRight =
  'read' | 'operate' | 'order' | 'authorise' | 'move' | 'draw' | 'assess' | 'register' | 'exchange';

const OPERATOR: KeyRight[] = ['read', 'exchange', 'operate', 'order', 'authorise', 'move', 'draw', 'assess'];

/** What a key of an account with this role can be given; the server decides. */
export function rightsOf(role: string | undefined): KeyRight[] {
  switch (role) {
    case 'admin':
      return [...OPERATOR, 'register'];
    case 'operator':
      return OPERATOR;
    case 'device-operator':
      return ['read', 'exchange', 'register'];
    default:
      return ['read'];
  }
}
