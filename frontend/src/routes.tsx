import { lazy } from "react";
import { Route, Routes } from "react-router";
import { FilesView } from "@/files/FilesView";
import { FirstView } from "@/files/FirstView";
import { Frame } from "@/frame/Frame";
import { NotFound } from "@/frame/NotFound";

// The list is what most come for; everything else is loaded when it is asked for.
const SearchView = lazy(() => import("@/files/SearchView"));
const TrashView = lazy(() => import("@/files/TrashView"));
const BucketView = lazy(() => import("@/buckets/BucketView"));
const StatisticsView = lazy(() => import("@/statistics/StatisticsView"));
const StatusView = lazy(() => import("@/status/StatusView"));
const AccountView = lazy(() => import("@/account/AccountView"));
const SignIn = lazy(() => import("@/gate/SignIn"));
const CreateAccount = lazy(() => import("@/gate/CreateAccount"));
const Consent = lazy(() => import("@/gate/Consent"));
const DeviceCode = lazy(() => import("@/gate/DeviceCode"));

/** Every first segment here is one that the server answers with the page (frontend/__init__.py). */
export function Views() {
  return (
    <Routes>
      <Route path="/sign-in" element={<SignIn />} />
      <Route path="/create" element={<CreateAccount />} />
      <Route path="/consent" element={<Consent />} />
      <Route path="/device" element={<DeviceCode />} />
      <Route element={<Frame />}>
        <Route path="/" element={<FirstView />} />
        <Route path="/b/:bucket/*" element={<FilesView />} />
        <Route path="/settings/:bucket" element={<BucketView />} />
        <Route path="/search" element={<SearchView />} />
        <Route path="/trash" element={<TrashView />} />
        <Route path="/sync-status" element={<StatusView />} />
        <Route path="/statistics" element={<StatisticsView />} />
        <Route path="/account" element={<AccountView />} />
        <Route path="*" element={<NotFound />} />
      </Route>
    </Routes>
  );
}
