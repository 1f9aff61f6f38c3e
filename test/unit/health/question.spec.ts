import { Question } from '../../../lib/health/question.js';
import { reasonOf } from '../../../lib/health/reason-of.js';

describe('A question', () => {
  it('is not asked again until it has been answered', async () => {
    const answers: ((value: string) => void)[] = [];
    const question = new Question(() => new Promise<string>((resolve) => answers.push(resolve)));

    await expect(question.answer(10)).rejects.toThrow('within 10 ms');
    const late = question.answer(60_000);
    expect(answers).toHaveLength(1);
    answers[0]!('here');
    expect(await late).toBe('here');

    const next = question.answer(60_000);
    answers[1]!('again');
    expect(await next).toBe('again');
  });

  it('is asked again after it has failed', async () => {
    let asked = 0;
    const question = new Question(async () => {
      asked += 1;
      if (asked === 1) throw new Error('Not now.');
    });

    await expect(question.answer(60_000)).rejects.toThrow('Not now.');
    await question.answer(60_000);
    expect(asked).toBe(2);
  });
});

describe('The reason of a fault', () => {
  const coded = Object.assign(new Error('EACCES: /srv/secret'), { code: 'EACCES' });

  it.each([
    ['the code of the system', coded, 'EACCES'],
    ['that of its cause', new Error('outer', { cause: coded }), 'EACCES'],
    ['what it is called', new RangeError('x'), 'RangeError'],
    ['what its cause is called', new Error('outer', { cause: new TypeError('x') }), 'TypeError'],
    ['what is there of no error', 'text', 'Error'],
  ])('is %s', (_, thrown, reason) => {
    expect(reasonOf(thrown)).toBe(reason);
  });
});
