# The engine and the simulated Smokeball. Whoever builds for production pins the base image by its digest:
# --build-arg GO_IMAGE=golang:1.26@sha256:…, and stamps the version: --build-arg VERSION=1.0.0
ARG GO_IMAGE=golang:1.26
FROM ${GO_IMAGE} AS build
ARG VERSION=development
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download && go mod verify
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -buildid= -X github.com/casehug/smokeball-sync/internal/engine.stamped=${VERSION}" -o /out/ ./cmd/smokeball-sync ./cmd/smokeball-sim \
 && mkdir -p -m 0700 /out/data /out/key /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
COPY --from=build /out/smokeball-sync /out/smokeball-sim /usr/local/bin/
COPY --from=build --chown=10001:10001 /out/data /data
COPY --from=build --chown=10001:10001 /out/key /key
COPY --from=build --chown=10001:10001 /out/tmp /tmp
USER 10001:10001
ENV ENGINE_DATA_DIR=/data
VOLUME /data
EXPOSE 8080 4222
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/usr/local/bin/smokeball-sync", "ready"]
ENTRYPOINT ["/usr/local/bin/smokeball-sync"]
