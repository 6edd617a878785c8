import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { makeQueryClient } from "@/api/query_client";
import { applyDensity } from "@/frame/density";
import { applyTheme } from "@/frame/theme";
import { Toasts } from "@/kit/Toasts";
import { Views } from "@/routes";
import "./tokens.css";
import "./base.css";

applyTheme();
applyDensity();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={makeQueryClient()}>
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
