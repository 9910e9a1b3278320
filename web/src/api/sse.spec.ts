import { describe, expect, it } from 'vitest';
import { SseParser } from './sse';

describe('SseParser', () => {
  it('joins chunks that break inside a line', () => {
    const parser = new SseParser();
    expect(parser.push('id: 7\nevent: ala')).toEqual([]);
    expect(parser.push('rm\ndata: {"id":1}\n\n')).toEqual([
      { type: 'event', event: 'alarm', data: '{"id":1}', id: '7' },
    ]);
  });

  it('reports comments, which keep a quiet connection alive', () => {
    expect(new SseParser().push(': keep\n')).toEqual([{ type: 'comment' }]);
  });

  it('keeps the last id for events that carry none', () => {
    const parser = new SseParser();
    parser.push('id: 7\ndata: a\n\n');
    expect(parser.push('data: b\ndata: c\n\n')).toEqual([
      { type: 'event', event: 'message', data: 'b\nc', id: '7' },
    ]);
  });

  it('accepts carriage returns', () => {
    expect(new SseParser().push('data: a\r\n\r\n')).toHaveLength(1);
  });

  it('gives nothing for an empty event', () => {
    expect(new SseParser().push('event: hello\n\n')).toEqual([]);
  });
});
