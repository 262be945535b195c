package smokeball

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// clockSkew is how far a webhook's timestamp may be from now, either way.
const clockSkew = 5 * time.Minute

// What Verify refuses.
var (
	ErrUnsigned     = errors.New("webhook lacks a Signature, Timestamp or RequestId header")
	ErrBadSignature = errors.New("webhook signature does not match")
	ErrOutOfTime    = errors.New("webhook timestamp is more than five minutes from now")
)

// Verify checks the headers of a webhook: the Signature that Smokeball made with the
// subscription's key over Timestamp, RequestId and clientID, and the Timestamp against
// now. It returns ErrUnsigned, ErrBadSignature or ErrOutOfTime. The body is not signed:
// headers that pass fit any body until their time is over, so what a webhook says must
// be read from Smokeball before it counts.
func Verify(key, clientID string, h http.Header, now time.Time) error {
	signature, timestamp, request := h.Get("Signature"), h.Get("Timestamp"), h.Get("RequestId")
	if key == "" || signature == "" || timestamp == "" || request == "" {
		return ErrUnsigned
	}
	if !hmac.Equal([]byte(signature), []byte(sign(key, timestamp, request, clientID))) {
		return ErrBadSignature
	}
	ticks, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || ticks < 0 || now.Sub(FromTicks(ticks)).Abs() > clockSkew {
		return ErrOutOfTime
	}
	return nil
}

// sign is Smokeball's signature: lower-case hex of an HMAC-SHA256.
func sign(key, timestamp, request, clientID string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(timestamp + "|" + request + "|" + clientID))
	return hex.EncodeToString(mac.Sum(nil))
}
