import { joined, single } from '../../../lib/protocol/index.js';
import { refusal, refusedStatus } from './refusal.js';

describe('single', () => {
  it('gives the value of a header that stands once', () => {
    expect(single({ 'upload-offset': ['5'] }, 'Upload-Offset')).toBe('5');
    expect(single({ 'upload-offset': ['5'] }, 'upload-offset')).toBe('5');
    expect(single({ 'upload-offset': [''] }, 'upload-offset')).toBe('');
    expect(single({ 'upload-offset': ['1, 1'] }, 'upload-offset')).toBe('1, 1');
  });

  it('gives nothing for a header that is absent', () => {
    expect(single({}, 'Upload-Offset')).toBeUndefined();
    expect(single({ 'upload-offset': undefined }, 'Upload-Offset')).toBeUndefined();
    expect(single({ 'upload-offset': [] }, 'Upload-Offset')).toBeUndefined();
  });

  it.each([[['5', '6']], [['5', '5']], [['', '']]])('refuses the lines %j', (lines) => {
    expect(refusedStatus(() => single({ 'upload-offset': lines }, 'Upload-Offset'))).toBe(400);
  });

  it('names the header it refuses', () => {
    const lines = { 'upload-offset': ['5', '5'] };
    expect(refusal(() => single(lines, 'Upload-Offset')).message).toContain('Upload-Offset');
  });
});

describe('joined', () => {
  it('joins the lines of a list in order', () => {
    expect(joined({ list: ['a', 'b,c'] }, 'List')).toBe('a, b,c');
    expect(joined({ list: ['a'] }, 'List')).toBe('a');
    expect(joined({}, 'List')).toBeUndefined();
  });
});
