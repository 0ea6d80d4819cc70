// A part of a page that takes longer is fetched when it is unfolded; without this, the link in it leads to a page.
for (const part of document.querySelectorAll("details[data-part]")) {
  part.addEventListener("toggle", async () => {
    if (!part.open || part.dataset.done) return;
    part.dataset.done = "1";
    const body = part.querySelector("div");
    try {
      const answer = await fetch(part.dataset.part, { headers: { "X-Unwound-Part": "1" } });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      body.innerHTML = await answer.text();
    } catch {
      delete part.dataset.done;
    }
  });
}
