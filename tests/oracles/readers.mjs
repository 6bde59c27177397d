// Reads messages with nodemailer's mailparser and with postal-mime. For each message (its length in four octets, then
// itself, on standard input) one line of JSON: {reader: [[type, name, content in base64], …]}, and in "authors" the
// names and addresses of From; a reader that refuses the message has [] and its error in "errors".
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(process.argv[2] + '/package.json'));
const { simpleParser } = require('mailparser');
const PostalMime = require('postal-mime').default ?? require('postal-mime');
const DEEPEST = 20;

const leaf = (type, name, content) => [String(type || ''), String(name || ''), Buffer.from(content ?? '').toString('base64')];
const isMessage = (type) => /^message\/(rfc822|global)/i.test(type ?? '');

const people = (list) => (list ?? []).flatMap((one) => one.group ? people(one.group) : [[one.name ?? '', one.address ?? '']]);

async function nodemailer(raw, depth = 0) {
  const mail = await simpleParser(raw, { skipImageLinks: true, skipTextToHtml: true, skipHtmlToText: true });
  const leaves = [];
  if (!depth) leaves.authors = people(mail.from?.value);
  if (mail.text) leaves.push(leaf('text/plain', '', mail.text));
  if (mail.html) leaves.push(leaf('text/html', '', mail.html));
  for (const one of mail.attachments) {
    leaves.push(leaf(one.contentType, one.filename, one.content));
    if (isMessage(one.contentType) && depth < DEEPEST) leaves.push(...await nodemailer(one.content, depth + 1));
  }
  return leaves;
}

async function postal(raw, depth = 0) {
  const mail = await new PostalMime({ forceRfc822Attachments: true }).parse(raw);
  const leaves = [];
  if (!depth) leaves.authors = people(mail.from ? [mail.from] : []);
  if (mail.text) leaves.push(leaf('text/plain', '', mail.text));
  if (mail.html) leaves.push(leaf('text/html', '', mail.html));
  for (const one of mail.attachments) {
    const content = Buffer.from(one.content);
    leaves.push(leaf(one.mimeType, one.filename, content));
    if (isMessage(one.mimeType) && depth < DEEPEST) leaves.push(...await postal(content, depth + 1));
  }
  return leaves;
}

async function answer(raw) {
  const found = { errors: {}, authors: {} };
  for (const [name, read] of [['mailparser', nodemailer], ['postal-mime', postal]]) {
    try {
      found[name] = await read(raw);
      found.authors[name] = found[name].authors;
    } catch (error) {
      found[name] = [];
      found.errors[name] = String(error);
    }
  }
  process.stdout.write(JSON.stringify(found) + '\n');
}

let waiting = Buffer.alloc(0);
for await (const chunk of process.stdin) {
  waiting = Buffer.concat([waiting, chunk]);
  while (waiting.length >= 4 && waiting.length >= 4 + waiting.readUInt32BE(0)) {
    const end = 4 + waiting.readUInt32BE(0);
    await answer(waiting.subarray(4, end));
    waiting = waiting.subarray(end);
  }
}
