# The engine and the simulated Smokeball. Whoever builds for production pins the base image by its digest:
# --build-arg GO_IMAGE=golang:1.26@sha256:…
ARG GO_IMAGE=golang:1.26
FROM ${GO_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download && go mod verify
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -o /out/ ./cmd/smokeball-sync ./cmd/smokeball-sim \
 && mkdir -p -m 0700 /out/data /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
COPY --from=build /out/smokeball-sync /out/smokeball-sim /usr/local/bin/
COPY --from=build --chown=10001:10001 /out/data /data
COPY --from=build --chown=10001:10001 /out/tmp /tmp
USER 10001:10001
VOLUME /data
ENTRYPOINT ["/usr/local/bin/smokeball-sync"]
