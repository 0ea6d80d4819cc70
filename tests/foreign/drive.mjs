// fhirclient (the SMART client of JavaScript) reads a server: node drive.mjs ADDRESS TOKEN PATIENT; prints what it found, as JSON.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const Client = require("fhirclient/lib/Client").default;
const Adapter = require("fhirclient/lib/adapters/NodeAdapter").default;

const [serverUrl, token, patient] = process.argv.slice(2);
const storage = { get: async () => undefined, set: async () => undefined, unset: async () => undefined };
const nowhere = new Adapter({ request: { headers: {} }, response: {}, storage });
const strict = { Prefer: "handling=strict" };
const client = new Client(nowhere, { serverUrl, tokenResponse: { access_token: token } });
const stranger = new Client(nowhere, { serverUrl, tokenResponse: { access_token: "another" } });
const status = (promise) => promise.then(() => 200, (reason) => reason.statusCode ?? reason.status ?? String(reason));

console.log(JSON.stringify({
  version: await client.getFhirVersion(),
  patient: await client.request(`Patient/${patient}`),
  observations: await client.request(`Observation?patient=${patient}&_count=2`, { pageLimit: 0, flat: true }),
  pages: (await client.request(`Observation?patient=${patient}&_count=2`, { pageLimit: 0 })).length,
  requests: await client.request(`MedicationRequest?patient=${patient}`, { flat: true, resolveReferences: ["subject"] }),
  missing: await status(client.request("Patient/999999")),
  unknown: await status(client.request({ url: `Observation?patient=${patient}&colour=red`, headers: strict })),
  refused: await status(stranger.request(`Patient/${patient}`)),
}));
