// A client that is not ours: containerd's ttrpc for Go calls a running tokend. It validates, pipelines a thousand calls
// from several goroutines, provokes each error status, and administers. Prints a line a check; exits 1 at a failure.
package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/containerd/ttrpc"
	"github.com/gogo/protobuf/proto"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// The messages, by hand: gogo/protobuf reads the tags.

type validateRequest struct {
	Token          string   `protobuf:"bytes,1,opt,name=token,proto3"`
	OrgID          string   `protobuf:"bytes,2,opt,name=org_id,proto3"`
	TenantID       string   `protobuf:"bytes,3,opt,name=tenant_id,proto3"`
	RequiredScopes []string `protobuf:"bytes,4,rep,name=required_scopes,proto3"`
	MinRevision    uint64   `protobuf:"varint,5,opt,name=min_revision,proto3"`
}

type validateResponse struct {
	Reason     int32    `protobuf:"varint,1,opt,name=reason,proto3"`
	HTTPStatus uint32   `protobuf:"varint,2,opt,name=http_status,proto3"`
	TokenID    string   `protobuf:"bytes,3,opt,name=token_id,proto3"`
	TokenName  string   `protobuf:"bytes,4,opt,name=token_name,proto3"`
	OrgID      string   `protobuf:"bytes,5,opt,name=org_id,proto3"`
	TenantID   string   `protobuf:"bytes,6,opt,name=tenant_id,proto3"`
	Scopes     []string `protobuf:"bytes,7,rep,name=scopes,proto3"`
	ExpiresAt  int64    `protobuf:"varint,8,opt,name=expires_at,proto3"`
	Revision   uint64   `protobuf:"varint,9,opt,name=revision,proto3"`
}

type validateBatchRequest struct {
	Requests []*validateRequest `protobuf:"bytes,1,rep,name=requests,proto3"`
}

type validateBatchResponse struct {
	Responses []*validateResponse `protobuf:"bytes,1,rep,name=responses,proto3"`
}

type token struct {
	ID    string `protobuf:"bytes,1,opt,name=id,proto3"`
	Name  string `protobuf:"bytes,2,opt,name=name,proto3"`
	State int32  `protobuf:"varint,8,opt,name=state,proto3"`
}

type tenantRequest struct {
	OrgID    string `protobuf:"bytes,1,opt,name=org_id,proto3"`
	TenantID string `protobuf:"bytes,2,opt,name=tenant_id,proto3"`
}

type createTokenRequest struct {
	OrgID    string   `protobuf:"bytes,1,opt,name=org_id,proto3"`
	TenantID string   `protobuf:"bytes,2,opt,name=tenant_id,proto3"`
	Name     string   `protobuf:"bytes,3,opt,name=name,proto3"`
	Scopes   []string `protobuf:"bytes,5,rep,name=scopes,proto3"`
}

type createTokenResponse struct {
	Token    *token `protobuf:"bytes,1,opt,name=token,proto3"`
	Secret   string `protobuf:"bytes,2,opt,name=secret,proto3"`
	Revision uint64 `protobuf:"varint,3,opt,name=revision,proto3"`
}

type listTokensResponse struct {
	Tokens   []*token `protobuf:"bytes,1,rep,name=tokens,proto3"`
	NextPage string   `protobuf:"bytes,2,opt,name=next_page,proto3"`
}

type revokeTokenRequest struct {
	ID string `protobuf:"bytes,3,opt,name=id,proto3"`
}

type healthResponse struct {
	Status int32 `protobuf:"varint,1,opt,name=status,proto3"`
}

type empty struct{}

type badText struct {
	Token []byte `protobuf:"bytes,1,opt,name=token,proto3"`
}

func (m *validateRequest) Reset()               { *m = validateRequest{} }
func (m *validateRequest) String() string       { return proto.CompactTextString(m) }
func (m *validateRequest) ProtoMessage()        {}
func (m *validateResponse) Reset()              { *m = validateResponse{} }
func (m *validateResponse) String() string      { return proto.CompactTextString(m) }
func (m *validateResponse) ProtoMessage()       {}
func (m *validateBatchRequest) Reset()          { *m = validateBatchRequest{} }
func (m *validateBatchRequest) String() string  { return proto.CompactTextString(m) }
func (m *validateBatchRequest) ProtoMessage()   {}
func (m *validateBatchResponse) Reset()         { *m = validateBatchResponse{} }
func (m *validateBatchResponse) String() string { return proto.CompactTextString(m) }
func (m *validateBatchResponse) ProtoMessage()  {}
func (m *token) Reset()                         { *m = token{} }
func (m *token) String() string                 { return proto.CompactTextString(m) }
func (m *token) ProtoMessage()                  {}
func (m *tenantRequest) Reset()                 { *m = tenantRequest{} }
func (m *tenantRequest) String() string         { return proto.CompactTextString(m) }
func (m *tenantRequest) ProtoMessage()          {}
func (m *createTokenRequest) Reset()            { *m = createTokenRequest{} }
func (m *createTokenRequest) String() string    { return proto.CompactTextString(m) }
func (m *createTokenRequest) ProtoMessage()     {}
func (m *createTokenResponse) Reset()           { *m = createTokenResponse{} }
func (m *createTokenResponse) String() string   { return proto.CompactTextString(m) }
func (m *createTokenResponse) ProtoMessage()    {}
func (m *listTokensResponse) Reset()            { *m = listTokensResponse{} }
func (m *listTokensResponse) String() string    { return proto.CompactTextString(m) }
func (m *listTokensResponse) ProtoMessage()     {}
func (m *revokeTokenRequest) Reset()            { *m = revokeTokenRequest{} }
func (m *revokeTokenRequest) String() string    { return proto.CompactTextString(m) }
func (m *revokeTokenRequest) ProtoMessage()     {}
func (m *healthResponse) Reset()                { *m = healthResponse{} }
func (m *healthResponse) String() string        { return proto.CompactTextString(m) }
func (m *healthResponse) ProtoMessage()         {}
func (m *empty) Reset()                         { *m = empty{} }
func (m *empty) String() string                 { return proto.CompactTextString(m) }
func (m *empty) ProtoMessage()                  {}
func (m *badText) Reset()                       { *m = badText{} }
func (m *badText) String() string               { return proto.CompactTextString(m) }
func (m *badText) ProtoMessage()                {}

const (
	allowed           = 1
	malformed         = 4
	revoked           = 6
	insufficientScope = 10
)

var failed, passed int

func check(name string, ok bool, detail interface{}) {
	if ok {
		passed++
		fmt.Println("ok  ", name)
		return
	}
	failed++
	fmt.Println("FAIL", name, detail)
}

func dial(path string) *ttrpc.Client {
	conn, err := net.Dial("unix", path)
	if err != nil {
		fmt.Println("FAIL dial", err)
		os.Exit(1)
	}
	return ttrpc.NewClient(conn)
}

func code(err error) codes.Code {
	if err == nil {
		return codes.OK
	}
	s, ok := status.FromError(err)
	if !ok {
		return codes.Unknown
	}
	return s.Code()
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	validation, admin := dial(os.Args[1]), dial(os.Args[2])
	const tokens, tenants, validate = "tokend.v1.Tokens", "tokend.v1.Tenants", "tokend.v1.Validation"

	// Administration.
	place := tenantRequest{OrgID: "acme", TenantID: "prod"}
	err := admin.Call(ctx, tenants, "AddTenant", &place, &empty{})
	check("AddTenant", err == nil, err)
	var made createTokenResponse
	create := createTokenRequest{OrgID: "acme", TenantID: "prod", Name: "go", Scopes: []string{"pipeline:read"}}
	err = admin.Call(ctx, tokens, "CreateToken", &create, &made)
	check("CreateToken gives a token of 55 bytes", err == nil && len(made.Secret) == 55, err)
	var listed listTokensResponse
	err = admin.Call(ctx, tokens, "ListTokens", &place, &listed)
	check("ListTokens lists it", err == nil && len(listed.Tokens) == 1 && listed.Tokens[0].ID == made.Token.ID, err)

	// Verdicts.
	request := validateRequest{Token: made.Secret, OrgID: "acme", TenantID: "prod", RequiredScopes: []string{"pipeline:read"}}
	var verdict validateResponse
	err = validation.Call(ctx, validate, "Validate", &request, &verdict)
	check("Validate allows", err == nil && verdict.Reason == allowed && verdict.HTTPStatus == 200, verdict)
	check("Validate tells the token", verdict.TokenID == made.Token.ID && verdict.TokenName == "go" &&
		verdict.OrgID == "acme" && verdict.TenantID == "prod" && len(verdict.Scopes) == 1, verdict)
	write := request
	write.RequiredScopes = []string{"pipeline:write"}
	var batch validateBatchResponse
	err = validation.Call(ctx, validate, "ValidateBatch", &validateBatchRequest{
		Requests: []*validateRequest{&request, &write, {Token: "nonsense", OrgID: "a", TenantID: "b"}}}, &batch)
	check("ValidateBatch keeps its order", err == nil && len(batch.Responses) == 3 && batch.Responses[0].Reason == allowed &&
		batch.Responses[1].Reason == insufficientScope && batch.Responses[2].Reason == malformed, err)

	// A thousand calls in flight, from eight goroutines, on one connection.
	var wait sync.WaitGroup
	wrong := make(chan string, 1000)
	for g := 0; g < 8; g++ {
		wait.Add(1)
		go func(g int) {
			defer wait.Done()
			var calls sync.WaitGroup
			for i := 0; i < 125; i++ {
				calls.Add(1)
				go func(i int) {
					defer calls.Done()
					asked, want := request, int32(allowed)
					if (g+i)%2 == 1 {
						asked, want = write, insufficientScope
					}
					var got validateResponse
					if err := validation.Call(ctx, validate, "Validate", &asked, &got); err != nil || got.Reason != want {
						wrong <- fmt.Sprint(err, got.Reason)
					}
				}(i)
			}
			calls.Wait()
		}(g)
	}
	wait.Wait()
	close(wrong)
	check("a thousand pipelined calls are each answered rightly", len(wrong) == 0, len(wrong))

	// Statuses.
	var none empty
	statuses := []struct {
		name   string
		client *ttrpc.Client
		method [2]string
		in     proto.Message
		want   codes.Code
	}{
		{"unknown method", validation, [2]string{validate, "Nope"}, &none, codes.Unimplemented},
		{"unknown service", validation, [2]string{"no.Such", "Validate"}, &none, codes.Unimplemented},
		{"invalid UTF-8", validation, [2]string{validate, "Validate"}, &badText{Token: []byte{0xC3, 0x28}}, codes.InvalidArgument},
		{"revision not reached", validation, [2]string{validate, "Validate"},
			&validateRequest{Token: made.Secret, OrgID: "acme", TenantID: "prod", MinRevision: 1 << 40}, codes.Unavailable},
		{"administration on the validation socket", validation, [2]string{tenants, "ListTenants"}, &none, codes.PermissionDenied},
		{"unknown tenant", admin, [2]string{tokens, "ListTokens"}, &tenantRequest{OrgID: "acme", TenantID: "x"}, codes.NotFound},
		{"unknown token", admin, [2]string{tokens, "RevokeToken"}, &revokeTokenRequest{ID: "00000000000"}, codes.NotFound},
		{"taken name", admin, [2]string{tokens, "CreateToken"}, &create, codes.AlreadyExists},
		{"missing context", admin, [2]string{tokens, "ListTokens"}, &none, codes.InvalidArgument},
		{"unknown health service", validation, [2]string{"grpc.health.v1.Health", "Check"}, &validateRequest{Token: "x"}, codes.NotFound},
	}
	for _, s := range statuses {
		err := s.client.Call(ctx, s.method[0], s.method[1], s.in, &none)
		check(fmt.Sprintf("%s is %s", s.name, s.want), code(err) == s.want, err)
	}
	oversized(os.Args[1])
	var health healthResponse
	err = validation.Call(ctx, "grpc.health.v1.Health", "Check", &none, &health)
	check("health is SERVING", err == nil && health.Status == 1, err)

	// Revocation, seen at once on the other connection.
	err = admin.Call(ctx, tokens, "RevokeToken", &revokeTokenRequest{ID: made.Token.ID}, &none)
	check("RevokeToken", err == nil, err)
	err = validation.Call(ctx, validate, "Validate", &request, &verdict)
	check("a revoked token is denied", err == nil && verdict.Reason == revoked && verdict.HTTPStatus == 401, verdict)

	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}

// oversized sends what the library refuses to send: a frame of 4 MiB and one byte.
func oversized(path string) {
	conn, err := net.Dial("unix", path)
	if err != nil {
		check("oversized", false, err)
		return
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	frame := make([]byte, 10+(4<<20)+1)
	binary.BigEndian.PutUint32(frame, 4<<20+1)
	binary.BigEndian.PutUint32(frame[4:], 1)
	frame[8] = 1
	_, err = conn.Write(frame[:10+(4<<20)+1])
	header := make([]byte, 10)
	if err == nil {
		_, err = conn.Read(header)
	}
	check("a frame over 4 MiB is answered, not hung up on", err == nil && header[8] == 2, err)
}
