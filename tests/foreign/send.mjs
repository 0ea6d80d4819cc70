// node-hl7-client sends each message given to the listener; prints its answers as it understood them, as JSON.
// node send.mjs PORT FILE...
import { readFileSync } from "node:fs";
import { Client, Message } from "node-hl7-client";

const [port, ...files] = process.argv.slice(2);
const answers = [];
const client = new Client({ host: "127.0.0.1" });
let told = () => {};
const line = client.createConnection({ port: Number(port) }, async (answer) => {
  const message = answer.getMessage();
  answers.push([message.get("MSA.1").toString(), message.get("MSA.2").toString()]);
  told();
});
for (const file of files) {
  const answered = new Promise((done) => (told = done));
  await line.sendMessage(new Message({ text: readFileSync(file, "utf8").replace(/\r?\n/g, "\r").trim() }));
  await answered;
}
console.log(JSON.stringify(answers));
await line.close();
process.exit(0);
