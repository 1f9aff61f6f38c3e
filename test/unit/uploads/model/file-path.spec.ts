import { join } from 'node:path';
import { checkFilePath } from '../../../../lib/uploads/index.js';

const ID = '0123456789abcdef'.repeat(2);

describe('checkFilePath', () => {
  it.each([
    ['video.mp4', 'video.mp4'],
    ['ada/2024/video.mp4', join('ada', '2024', 'video.mp4')],
    ['./video.mp4', 'video.mp4'],
    ['ada//video.mp4', join('ada', 'video.mp4')],
    ['ada/../video.mp4', 'video.mp4'],
    ['..video.mp4', '..video.mp4'],
    ['.hidden', '.hidden'],
    ['ada/.tus', join('ada', '.tus')],
    [`ada/${ID}`, join('ada', ID)],
    [`${ID}.mp4`, `${ID}.mp4`],
    ['order-1', 'order-1'],
    ['ada/order-1.tus', join('ada', 'order-1.tus')],
    ['two words.tus', 'two words.tus'],
    ['日本語 (1).mp4', '日本語 (1).mp4'],
    ['x'.repeat(255), 'x'.repeat(255)],
  ])('takes %j', (path, normal) => {
    expect(checkFilePath(path)).toBe(normal);
  });

  it.each([
    '',
    '.',
    './',
    '/',
    '..',
    '../x',
    'ada/../../x',
    '/etc/passwd',
    'ada/',
    'a\0b',
    '.tus',
    '.tus/data.mdb',
    './.tus/x',
    'ada/../.tus/x',
    ID,
    `${ID}/x`,
    `./${ID}`,
    ID.toUpperCase(),
    '.TUS/data.mdb',
    '.tus. ',
    'order-1.tus',
    'Order-1.TUS/x',
    `.probe-${'0'.repeat(16)}`,
    `.${ID}.moving`,
    '.order-1.tus.moving',
  ])('refuses %j, naming it and what is allowed', (path) => {
    const refusal = () => checkFilePath(path);

    expect(refusal).toThrow(RangeError);
    expect(refusal).toThrow(JSON.stringify(path));
    expect(refusal).toThrow('a relative one inside tmpFileDir');
  });

  it.each([`${'x'.repeat(256)}`, `ada/${'é'.repeat(128)}`, `${'x'.repeat(300)}/video.mp4`])(
    'refuses what has a longer name in it than file systems take',
    (path) => {
      expect(() => checkFilePath(path)).toThrow(/names of at most 255 bytes/);
    },
  );
});
