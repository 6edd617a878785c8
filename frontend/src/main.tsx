import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { isEarly } from "@/api/early";
import { bucketsQuery, meQuery } from "@/api/queries";
import { makeQueryClient } from "@/api/query_client";
import { openListing, primeListing } from "@/files/listing";
import { placeIn } from "@/files/place";
import { applyDensity } from "@/frame/density";
import { Toasts } from "@/kit/Toasts";
import { Views } from "@/routes";

applyDensity();
// A page that the browser keeps for Back must not show what somebody has signed out of, nor to whoever has signed in since: not for a moment.
addEventListener("pagehide", (event) => {
  document.body.hidden = event.persisted;
});
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

const QUICK_MILLISECONDS = 200;

/** What was asked early is there or will be at once: with it the first drawing is the whole view with its first rows, not a frame around nothing. */
async function begin(client: QueryClient): Promise<void> {
  const place = location.pathname.startsWith("/b/") ? placeIn(location.pathname) : null;
  if (place) primeListing(place.bucket, place.prefix);
  const buckets = client.query(bucketsQuery);
  const known = Promise.allSettled([client.query(meQuery), buckets, place && buckets.then((all) => openListing(client, all, place))]);
  const late = new Promise((resolve) => setTimeout(resolve, QUICK_MILLISECONDS));
  await Promise.race([known, late]);
}

const client = makeQueryClient();

function draw(): void {
  const root = document.getElementById("root");
  if (!root) return;
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <BrowserRouter>
          <Suspense>
            <Views />
          </Suspense>
          <Toasts />
        </BrowserRouter>
      </QueryClientProvider>
    </StrictMode>,
  );
}

if (isEarly()) void begin(client).then(draw);
else draw();
